"""Exports: a document of results as HTML page, Excel workbook, PowerPoint deck and JSON.

`document.Document` holds what is exported; `write.write_document` writes it in any of the formats. Whatever rests on
synthetic rows is marked as such in every table, chart, sheet, slide and file.
"""
