import copy, json
from hypothesis import given, settings, strategies as st
from populace.errors import InstrumentError
from populace.survey.formats import native
from populace.survey.instrument import read_instrument
from .strategies import instruments
import jsonschema, traceback
from collections import Counter
V = jsonschema.Draft202012Validator(native.schema())
junk = st.sampled_from([None, True, False, 0, -1, 2, 1.5, 10**400, "", " ", "x", "a b", [], [1], [[]], [[[1]]], {}, {"a": 1}, "1 ==", float("1e300")])
def places(v, at=()):
    if isinstance(v, dict):
        for k, m in v.items(): yield (*at, k); yield from places(m, (*at, k))
    elif isinstance(v, list):
        for k, m in enumerate(v): yield (*at, k); yield from places(m, (*at, k))
bad = Counter(); ex={}
stricter=Counter()
@settings(max_examples=4000)
@given(instruments(), st.data())
def test_mut(ins, data):
    c = copy.deepcopy(ins.to_dict())
    assert not list(V.iter_errors(c)), list(V.iter_errors(c))[0]
    at = data.draw(st.sampled_from(list(places(c))))
    p = c
    for s in at[:-1]: p = p[s]
    p[at[-1]] = new = data.draw(junk)
    try:
        read_instrument(c)
    except InstrumentError as e:
        assert "\n" not in str(e); assert len(str(e)) < 900, str(e)
    except Exception as e:
        k=(type(e).__name__, str(e)[:60], traceback.extract_tb(e.__traceback__)[-1].name)
        bad[k]+=1; ex[k]=(at,new)
    else:
        if not V.is_valid(c): stricter[(tuple(x if isinstance(x,str) else '#' for x in at)[-3:], repr(new))]+=1
def test_z():
    for k,n in bad.items(): print(n,k,ex[k])
    print('--- read though the schema refuses')
    for k,n in stricter.most_common(): print(n,k)
