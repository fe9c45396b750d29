"""What a SurveyJS file holds, looked at with care: properties may be of any type, and none is passed over in silence.

`Raw` is one object of the file. It remembers which of its properties were looked at; the others are told at the end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from populace.survey.formats.fidelity import Fidelity
from populace.survey.names import shown

_LOOKS = """
$schema acceptedCategories addPanelText addRowButtonLocation addRowLocation addRowText allowAdaptiveActions
allowClear allowImagesPreview allowResize allowResizeComment allowRowReorder allowRowsDragAndDrop allowSwap
alternateRows autoAdvanceAllowComplete autoAdvanceEnabled autoComplete autocomplete autoFocusFirstError
autoFocusFirstQuestion autoGenerate autoGrow autoGrowComment backgroundColor backgroundImage
backgroundImageAttachment backgroundImageFit backgroundOpacity calendarPicker cellErrorLocation cellHint
checkErrorsMode choicesMax choicesMin choicesStep clearIfInvisible clearInvisibleValues closeOnSelect colCount cols
colSpan columnColCount columnMinWidth columnsLayout commentAreaRows commentPlaceholder completedBeforeHtml
completeText confirmDelete confirmDeleteText contentMode cookieName createCustomChoiceText currency customLabels
dataList descriptionLocation detailErrorLocation detailPanelMode detailPanelShowOnAdding displayMode
displayRateDescriptionsAsExtremeItems displayStyle editText emptyRowsText errorLocation fileOrPhotoPlaceholder
filePlaceholder firstPageIsStarted firstPageIsStartPage fitToContainer focusFirstQuestionAutomatic focusOnFirstError
format goNextPageAutomatic gridLayoutColumns gridLayoutEnabled headerView hideColumnsIfEmpty hideIfChoicesEmpty
hideIfRowsEmpty hideNumber hideSelectedItems horizontalScroll imageFit imageHeight imageWidth indent innerIndent
inputSize inputTextAlignment isAllRowRequired isUnique itemComponent itemSize itemTitleWidth keyDuplicationError
keyName labelCount labelFormat loadingHtml locale logo logoFit logoHeight logoPosition logoWidth
matrixDragHandleArea maxErrorText maxHeight maxImageHeight maxImageWidth maximumFractionDigits maxOthersLength
maxRateDescription maxTimeToFinish maxTimeToFinishPage maxWidth minErrorText minHeight minImageHeight minImageWidth
minimumFractionDigits minRateDescription minWidth mobileView mode navigationButtonsLocation
navigationButtonsVisibility navigationDescription navigationTitle newPanelPosition nextPanelText noEntriesText
noRowsText numericInput optionsCaption otherErrorText otherPlaceHolder otherPlaceholder pageNextText pagePrevText
panelAddText panelNextText panelPrevText panelRemoveText panelsState partialSendEnabled penColor penMaxWidth
penMinWidth photoPlaceholder placeHolder placeholder placeholderReadOnly popupdescription precision previewMode
previewText prevPanelText progressBarInheritWidthFrom progressBarLocation progressBarNavigationTextLocation
progressBarShowNavigationText progressBarShowPageNumbers progressBarShowPageTitles progressBarType
questionDescriptionLocation questionErrorLocation questionsOnPageMode questionStartIndex questionTitleLocation
questionTitlePattern questionTitleTemplate questionTitleWidth rateColorMode rateDescriptionLocation rateType
removePanelButtonLocation removePanelText removeRowText renderAs renderMode requiredErrorText requiredMark
requiredText rows rowTitleWidth saveMaskedValue scaleColorMode searchEnabled searchMode selectAllText
selectToRankAreasLayout selectToRankEmptyRankedAreaText selectToRankEmptyUnrankedAreaText selectToRankSwapAreas
sendResultOnPageNext separateSpecialChoices showBrandInfo showCommentArea showCompletedPage showCompletePage
showHeader showInMultipleColumns showInvisibleElements showLabel showLabels showNavigationButtons showNumber
showPageNumbers showPageTitles showPlaceholder showPrevButton showPreview showPreviewBeforeComplete showProgressBar
showQuestionNumbers showRangeInProgress showTimer showTimerPanel showTimerPanelMode showTitle showTOC
signatureAutoScaleEnabled signatureHeight signatureWidth size sjsVersion startSurveyText startWithNewLine state
stepErrorText storeDataAsText storeOthersAsComment surveyId surveyPostId surveyShowDataSaving tabAlign
tabTitlePlaceholder templateErrorLocation templateQuestionTitleLocation templateQuestionTitleWidth templateTabTitle
textUpdateMode textWrapEnabled timeLimit timeLimitPerPage timerInfoMode timerLocation titleLocation tocItemComponent
tocLocation tooltipFormat tooltipVisibility totalAlignment totalCurrency totalDisplayStyle totalFormat
totalMaximumFractionDigits totalMinimumFractionDigits totalText transposeData useDisplayValuesInDynamicTexts
useDisplayValuesInTitle useGrouping validateVisitedEmptyFields verticalAlign waitForUpload width widthMode
"""
#: properties that change how something looks and nothing about what is asked
LOOKS = frozenset(_LOOKS.split())


class Raw:
    """One object of the file, with its place in words."""

    def __init__(self, content: Mapping[str, Any], place: str, fidelity: Fidelity) -> None:
        self.content = content
        self.place = place
        self.fidelity = fidelity
        self._seen = {"type", "name"}

    def __contains__(self, key: str) -> bool:
        return self.content.get(key) not in (None, "", [], {})

    def any(self, *keys: str) -> Any:
        """The value of the first of these properties that is there; older files have other names for some."""
        self._seen.update(keys)
        return next((self.content[key] for key in keys if self.content.get(key) is not None), None)

    def flag(self, *keys: str) -> bool:
        """A property that is true or false."""
        return self.any(*keys) in (True, "true")

    def text(self, *keys: str) -> str | None:
        """A property in words that are for no reader: a name, an expression."""
        value = self.any(*keys)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return value.strip() if isinstance(value, str) else self._wrong(keys[0], value, "words")

    def number(self, *keys: str) -> float | int | None:
        """A property that is a number; digits in quotes are one."""
        value = self.any(*keys)
        if value is None or value == "":
            return None
        try:
            found = float(value) if not isinstance(value, bool | list | dict) else math.nan
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            return self._wrong(keys[0], value, "a number")
        return int(found) if found.is_integer() else found

    def whole(self, *keys: str) -> int | None:
        """A property that is a whole number from 0 on."""
        value = self.number(*keys)
        if value is None or (isinstance(value, int) and value >= 0):
            return value
        return self._wrong(keys[0], value, "a whole number") if value != -1 else None

    def members(self, *keys: str) -> list[Any]:
        """A property that is a list."""
        value = self.any(*keys)
        if value is None or isinstance(value, list):
            return value or []
        self._wrong(keys[0], value, "a list")
        return []

    def within(self, content: Mapping[str, Any], place: str) -> Raw:
        """An object in this one."""
        return Raw(content, f"{self.place}, {place}", self.fidelity)

    def lost(self, element: str, words: str) -> None:
        """Something of this object was not taken."""
        self.fidelity.lost(element, self.place, words)

    def changed(self, element: str, words: str) -> None:
        """Something of this object was taken in another form."""
        self.fidelity.changed(element, self.place, words)

    def _wrong(self, key: str, value: Any, expected: str) -> None:
        self.lost("property", f"{key} is {shown(value)}; expected {expected}")

    def tell_rest(self, looks: Counter[str]) -> None:
        """Tell of properties that nobody looked at: those of looks are counted, others named."""
        for key in self.content:
            if key in self._seen:
                continue
            if key in LOOKS:
                looks[key] += 1
            else:
                self.lost("property", f"{key} = {shown(self.content[key])}")
