"""The share of the reference values that Populace gives back, as one number: every value, ours beside it, a tolerance.

The values are of R (psych, lavaan, survey, relaimpo, poLCA, ltm) and of published papers; ours have to agree to the
last digit that is printed there, or `ROUGH` says why not. `pytest -s` prints the table.
"""

import csv
import json
from decimal import Decimal

import numpy as np
import polars as pl
from sklearn.datasets import load_iris

from populace.analysis import weighting
from populace.analysis.agreement import adjusted_rand
from populace.analysis.cfa import cfa, log_likelihood
from populace.analysis.choice import choice_tasks, part_worth_matrix
from populace.analysis.choice_logit import multinomial_logit
from populace.analysis.clusters import k_means
from populace.analysis.decomposition import correlations as outer
from populace.analysis.decomposition import decompose_linear, relative_weights, shapley
from populace.analysis.design_based import difference, mean, quantiles, rao_scott, t_test, total
from populace.analysis.dimensionality import (
    bartlett,
    kmo,
    minimum_average_partial,
    parallel_analysis,
    squared_multiple_correlations,
)
from populace.analysis.extraction import extract, factor_fit
from populace.analysis.invariance import invariance
from populace.analysis.irt import fit_graded
from populace.analysis.items import correlations, covariances, items_of
from populace.analysis.latent_class_model import fit_classes, pattern_fit
from populace.analysis.polychoric import polychorics
from populace.analysis.regression import regression
from populace.analysis.reliability import alpha, omega_total, standardized_alpha
from populace.analysis.rotation import congruence, matched, rotate
from populace.data.design import design_of, kish_deff, kish_effective_n

TRAITS = "ACENO"
ABILITIES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
#: path in the file -> why it is no value of ours
LEFT_OUT = {
    "krippendorff_4x12": "agreement of coders is no part of the battery",
    "shrout_fleiss": "agreement of judges is no part of the battery",
    "tost_lakens2017": "equivalence is decided by bootstrap intervals, not by Welch's t from summaries",
    "iris/ARI_gmmVEV3_species": "mixtures of normals are not offered: segments are k-means or latent classes",
    "lca_poLCA/values_2": "its answers are not in the folder; tests/analysis/test_latent_classes.py has them",
    "mtcars": "its answers are not in the folder; tests/analysis/test_decomposition.py has their correlations",
    "thurstone_omega": "its correlations are not in the folder; tests/analysis/test_reliability.py has them",
    "bh1995": "p-values of a paper; tests/analysis/test_crosstab.py has them",
    "api/population_mean_api00": "the truth, which no sample gives",
}
#: path -> units of the last printed digit that ours may be away, and why more than one
ROUGH = {
    # psych's search stops early
    "bfi/minres5_SSload": 3,
    "bfi/minres5_fit/BIC": 30,
    # R's varimax stops at about three decimals; with eps = 1e-14 it gives ours (tests/analysis/test_factors.py)
    "bfi/ml5_varimax_kaiser_A1": 7,
    "bfi/minres5_varimax_kaiser_A1": 6,
    # psych's optimiser and mlogit's stop at about seven digits, poLCA's a little below a flat maximum
    "bfi/polychoric_A2A3": 2,
    "heating_mnl/asc_ref_hp/asc_ec_er_gc_gr": 30,
    "lca_poLCA/carcinoma/3_X2": 3,
    "lca_poLCA/cheating_2/shares": 2,
    "lca_poLCA/gss82_3/shares": 3,
    # printed to more digits than it was computed with
    "api/apistrat/se_nofpc": 2,
}
#: what describes the values and is none itself
_ABOUT = ("source", "reversed", "n_listwise", "congruence_gender_min")


def numbers_of(value, path=""):
    """Path -> number of every value of the file; lists are numbered."""
    if isinstance(value, dict):
        parts = [(f"{path}/{key}", part) for key, part in value.items() if key not in _ABOUT]
    elif isinstance(value, list):
        parts = [(f"{path}/{place}", part) for place, part in enumerate(value)]
    else:
        return {path.lstrip("/"): value}
    return {place: number for at, part in parts for place, number in numbers_of(part, at).items()}


def plain(path, ours):
    """(path, number) of a number, a list or a mapping of them."""
    return list(numbers_of(_listed(ours), path).items())


def allowed_at(path):
    """Units of the last printed digit that ours may be away: one for rounding, or what `ROUGH` says."""
    return next((units for at, units in ROUGH.items() if path == at or path.startswith(f"{at}/")), 1)


def _listed(ours):
    if isinstance(ours, dict):
        return {key: _listed(value) for key, value in ours.items()}
    return np.asarray(ours, dtype=float).tolist()


def of_bfi(bfi, golden):
    names = [f"{trait}{k}" for trait in TRAITS for k in range(1, 6)]
    answers = bfi.answers.drop_nulls(names)
    x = answers.select(names).to_numpy().astype(float)
    n, matrix = len(x), correlations(x, np.ones(len(x)))
    yield from plain("bfi/eigenvalues", np.linalg.eigvalsh(matrix)[::-1][:8])
    yield from plain("bfi/KMO", kmo(matrix)[0])
    yield from plain("bfi/bartlett", bartlett(matrix, n)[:2])
    yield from plain("bfi/smc_A1_A5", squared_multiple_correlations(matrix)[:5])
    minres, likeliest = extract(matrix, 5), extract(matrix, 5, "ml")
    fit = factor_fit(matrix, minres, n)
    yield from plain("bfi/minres5_communalities_A1_A5", 1 - minres.uniqueness[:5])
    yield from plain("bfi/minres5_SSload", (minres.loadings**2).sum(axis=0))
    named = {"chi": "chi2", "dof": "df", "TLI": "tli", "RMSEA": "rmsea", "rms": "rmsr", "BIC": "bic"}
    yield from plain("bfi/minres5_fit", {theirs: fit[ours] for theirs, ours in named.items()})
    fit = factor_fit(matrix, likeliest, n)
    yield from plain("bfi/ml5_chi", [fit["chi2"], fit["df"]])
    # R's varimax stops early, at three decimals
    yield from plain("bfi/ml5_varimax_kaiser_A1", rotate(likeliest.loadings, "varimax").loadings[0])
    yield from plain("bfi/minres5_varimax_kaiser_A1", rotate(minres.loadings, "varimax").loadings[0])
    oblique = rotate(minres.loadings, "oblimin")
    yield from plain("bfi/minres5_oblimin_A1", oblique.loadings[0])
    yield from plain("bfi/oblimin_Phi_upper_abs", np.abs(oblique.phi[np.triu_indices(5, 1)]))
    yield from plain("bfi/MAP", minimum_average_partial(matrix, most=8))
    chance = parallel_analysis(matrix, n, draws=50)
    yield from plain("bfi/parallel", {"factors": chance.factor_count, "components": chance.component_count})
    codes = x[:, :3].astype(int) - 1
    pairs = polychorics(codes, np.ones(n), correlations(x[:, :3], np.ones(n)))
    yield from plain("bfi/polychoric_A1A2", pairs.matrix[0, 1])
    yield from plain("bfi/polychoric_A2A3", pairs.matrix[1, 2])
    yield from plain("bfi/polychoric_tau_A1", pairs.thresholds(0))
    yield from plain("bfi/congruence_gender", congruences(answers, names))
    for trait in TRAITS:
        yield from of_scale(bfi, golden["bfi"]["reversed"], trait)


def of_scale(bfi, reverse, trait):
    names = [f"{trait}{k}" for k in range(1, 6)]
    items = items_of(bfi, names, [name for name in reverse if name in names])
    whole = items.complete()
    yield from plain(f"bfi/alpha_raw_pairwise/{trait}", alpha(covariances(items.values, items.weights)))
    matrix = correlations(items.values, items.weights)
    yield from plain(f"bfi/alpha_std_pairwise/{trait}", standardized_alpha(matrix))
    listwise = alpha(covariances(whole.values, whole.weights))
    yield from plain(f"bfi/alpha_raw_listwise_per_scale/{trait}", [whole.n, listwise])
    omega = omega_total(correlations(whole.values, whole.weights))
    yield from plain(f"bfi/omega_total_1factor_minres_listwise/{trait}", omega)


def congruences(answers, names):
    solutions = []
    for sex in (1, 2):
        part = answers.filter(answers["gender"] == sex).select(names).to_numpy().astype(float)
        solutions.append(rotate(extract(correlations(part, np.ones(len(part))), 5).loadings, "varimax").loadings)
    men, women = solutions
    positions, signs = matched(men, women)
    phi = np.diag(congruence(men[:, positions] * signs, women))
    traits = [names[row][0] for row in np.abs(women).argmax(axis=0)]
    return dict(zip(traits, phi, strict=True))


def of_abilities(holzinger):
    found, at = cfa(holzinger, ABILITIES, estimator="ML"), "HolzingerSwineford1939"
    fit = found.fit
    yield from plain(f"{at}/chisq", fit.test.chi2)
    yield from plain(f"{at}/df", fit.test.df)
    for key, value in {"cfi": fit.cfi, "tli": fit.tli, "rmsea": fit.rmsea.value, "srmr": fit.srmr}.items():
        yield from plain(f"{at}/{key}", value)
    yield from plain(f"{at}/rmsea_ci", [fit.rmsea.low, fit.rmsea.high])
    yield from plain(f"{at}/logl", log_likelihood(found.found))
    yield from plain(f"{at}/omega", [found.composite(factor).value for factor in ABILITIES])
    yield from plain(f"{at}/ave", [found.extracted(factor).value for factor in ABILITIES])
    scales = [items_of(holzinger, names) for names in ABILITIES.values()]
    yield from plain(f"{at}/alpha", [alpha(covariances(scale.values, scale.weights)) for scale in scales])
    for level in invariance(holzinger, ABILITIES, "school", "ML").levels:
        fit = level.fit
        values = [fit.test.chi2, fit.test.df, fit.cfi, fit.rmsea.value, fit.srmr]
        yield from plain(f"{at}/invariance_school/{level.name}", values)


def of_importance(rows_of):
    for name, key in (("swiss", "swiss_Fertility"), ("attitude", "attitude_rating")):
        rows = np.array(rows_of(name), dtype=float)
        columns = np.column_stack([rows[:, 1:], rows[:, 0]])
        matrix = outer(columns, np.ones((1, len(columns))))
        drivers = DRIVERS[key]
        yield from plain(f"{key}/R2", shapley(matrix).sum())
        yield from plain(f"{key}/lmg", dict(zip(drivers, shapley(matrix)[0], strict=True)))
        yield from plain(f"{key}/johnson_rw", dict(zip(drivers, relative_weights(matrix)[0], strict=True)))
        if name == "swiss":
            parts = decompose_linear(columns[:, :-1], columns[:, -1], np.ones((1, len(columns))))
            yield from plain(f"{key}/first", parts.first[0])
            yield from plain(f"{key}/last", parts.last[0])
            yield from plain(f"{key}/pratt", parts.coefficients[0] * matrix[0, :-1, -1])
        else:
            one = np.ones(len(rows))
            scale = [alpha(covariances(rows, one)), standardized_alpha(correlations(rows, one))]
            yield from plain(f"{key}/alpha", scale)


DRIVERS = {
    "swiss_Fertility": ("Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"),
    "attitude_rating": ("complaints", "privileges", "learning", "raises", "critical", "advance"),
}


def of_schools(schools):
    for name in ("apistrat", "apiclus1", "apisrs"):
        data = schools(name)
        design, api = design_of(data), data.values("api00")
        found = mean(api, design)
        yield from plain(f"api/{name}/mean", found.values[0])
        yield from plain(f"api/{name}/se", found.errors[0])
        if name == "apisrs":
            continue
        loose = mean(api, design_of(schools(name, fpc=False)))
        yield from plain(f"api/{name}/se_nofpc", loose.errors[0])
        yield from plain(f"api/{name}/deff", found.deff[0])
        sums = total(data.values("enroll"), design)
        if name == "apistrat":
            figures = [sums.values[0], sums.errors[0], sums.deff[0]]
            yield from plain(f"api/{name}/total_enroll", figures)
            yield from plain(f"api/{name}/deff_replace", found.errors[0] ** 2 / loose.simple()[0])
            yield from plain(f"api/{name}/kish_deff", kish_deff(design.weights))
            yield from plain(f"api/{name}/kish_ess", kish_effective_n(design.weights))
            yield from plain(f"api/{name}/q25_50_75", [quartile.value for quartile in quantiles(api, design)])
        else:
            yield from plain(f"api/{name}/total_enroll", [sums.values[0], sums.errors[0]])
        test = rao_scott(data.positions("sch.wide"), data.positions("stype"), design)
        figures = [test.statistic, test.df, test.df_sample, test.p]
        yield from plain(f"api/rao_scott_schwide_stype/{name}", figures)
    yield from of_models(schools)


def of_models(schools):
    found = regression(schools("apistrat"), "api00", ["ell", "meals", "mobility"])
    names = ("Intercept", "ell", "meals", "mobility")
    pairs = {n: [c.estimate.value, c.error] for n, c in zip(names, found.coefficients, strict=True)}
    yield from plain("api/svyglm_apistrat", pairs)
    data = schools("apiclus1")
    met = data.positions("comp.imp")
    test = t_test(difference(data.values("api00"), met == 1, met == 0, design_of(data)))[0]
    yield from plain("api/ttest_comp.imp_apiclus1", [test.statistic, test.df_sample, test.p])
    types = {"E": 4421, "H": 755, "M": 1018}
    made = weighting.rake(data, {"stype": types, "sch.wide": {"No": 1072, "Yes": 5122}})
    answers = made.data.answers.select("stype", "sch.wide", made.data.codebook.weight).unique().rows()
    yield from plain("api/rake_apiclus1/w", {f"{kind}|{wide}": weight for kind, wide, weight in answers})
    yield from plain("api/rake_apiclus1/kish_deff", made.deff)
    yield from plain("api/rake_apiclus1/ess", made.effective_n)
    yield from plain("api/rake_apiclus1", of_weights(made.data))
    yield from plain("api/poststrat_stype", of_weights(weighting.post_stratify(data, "stype", types).data))
    greg = weighting.calibrate(data, {"stype": types, "api99": 3914069})
    yield from plain("api/greg_stype_api99", of_weights(greg.data))


def of_weights(data):
    """Mean of api00 and total of enroll, with errors."""
    design = design_of(data)
    score, pupils = mean(data.values("api00"), design), total(data.values("enroll"), design)
    return {
        "mean_api00": [score.values[0], score.errors[0]],
        "total_enroll": [pupils.values[0], pupils.errors[0]],
    }


def of_classes(rows_of):
    def codes(name, columns):
        cells = list(zip(*[row[:columns] for row in rows_with_first(name)], strict=True))
        known = [sorted(set(column) - {"NA"}) for column in cells]
        return np.array([[k.index(v) if v in k else -1 for v in c] for c, k in zip(cells, known, strict=True)]).T

    def rows_with_first(name):
        return rows_of(name, first=True)

    carcinoma = codes("carcinoma", 7)
    two, three, four = (fit_classes(carcinoma, k) for k in (2, 3, 4))
    at, misfit = "lca_poLCA", pattern_fit(three, carcinoma)
    found = {"2": two.loglik, "3": three.loglik, "4_best": four.loglik, "3_AIC": three.aic, "3_BIC": three.bic}
    found |= {"3_G2": misfit[0], "3_X2": misfit[1], "3_shares": np.sort(three.shares)}
    yield from plain(f"{at}/carcinoma", found)
    two, three = fit_classes(codes("cheating", 4), 2), fit_classes(codes("gss82", 4), 3)
    found = {"LL": two.loglik, "AIC": two.aic, "BIC": two.bic, "shares": np.sort(two.shares)}
    yield from plain(f"{at}/cheating_2", found)
    yield from plain(f"{at}/gss82_3", {"LL": three.loglik, "AIC": three.aic, "shares": np.sort(three.shares)})


def of_tests(rows_of):
    codes = np.array(rows_of("lsat6"), dtype=int)
    one, two = fit_graded(codes, common_slope=True), fit_graded(codes)
    yield from plain("lsat6_ltm/onepl_difficulty", np.concatenate(one.difficulties))
    yield from plain("lsat6_ltm/onepl_a", one.slopes[0])
    yield from plain("lsat6_ltm/twopl_difficulty", np.concatenate(two.difficulties))
    yield from plain("lsat6_ltm/twopl_a", two.slopes)


def of_heating(corpora):
    systems = ("gc", "gr", "ec", "er", "hp")
    table = pl.read_csv(corpora / "reference" / "Heating.csv")
    records = pl.concat(
        [
            table.select(
                respondent_id="idcase",
                task=pl.lit(1),
                alternative=pl.lit(place),
                chosen=(pl.col("depvar") == system).cast(pl.Int8),
                system=pl.lit(system),
                ic=pl.col(f"ic.{system}"),
                oc=pl.col(f"oc.{system}"),
            )
            for place, system in enumerate(systems)
        ]
    )
    tasks, coded, _ = choice_tasks(records, ["ic", "oc"])
    fit = multinomial_logit(tasks)
    ic, oc = fit.coefficients / [attribute.scale for attribute in coded]
    yield from plain("heating_mnl/no_asc", {"ic": ic, "oc": oc, "LL": fit.log_likelihood})
    yield from plain("heating_mnl/LL0", fit.null_log_likelihood)
    tasks, coded, _ = choice_tasks(records, ["ic", "oc", "system"])
    fit = multinomial_logit(tasks)
    worths = part_worth_matrix(coded, none=False) @ fit.coefficients
    levels = dict(zip(sorted(systems), worths[2:], strict=True))
    against = [levels[system] - levels["hp"] for system in ("ec", "er", "gc", "gr")]
    found = {"ic": worths[0], "oc": worths[1], "asc_ec_er_gc_gr": against, "LL": fit.log_likelihood}
    yield from plain("heating_mnl/asc_ref_hp", found)


def of_iris():
    flowers, species = load_iris(return_X_y=True)
    found = k_means(flowers, 3)
    yield from plain("iris/kmeans3_ss", found.within)
    yield from plain("iris/kmeans3_sizes", np.sort(np.bincount(found.labels)))
    yield from plain("iris/ARI_kmeans3_species", adjusted_rand(found.labels, species))


def test_the_reference_values_are_given_back(golden, bfi, holzinger, schools, corpora):
    """All that are ours; what is not ours is listed with its reason, so that the share has an honest base."""

    def rows_of(name, first=False):
        lines = (corpora / "reference" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        return [row[0 if first else 1 :] for row in csv.reader(lines[1:])]

    ours = [
        *of_bfi(bfi, golden),
        *of_abilities(holzinger),
        *of_importance(rows_of),
        *of_schools(schools),
        *of_classes(rows_of),
        *of_tests(rows_of),
        *of_heating(corpora),
        *of_iris(),
    ]
    text = (corpora / "reference" / "golden.json").read_text(encoding="utf-8")
    known = numbers_of(json.loads(text, parse_float=Decimal, parse_int=Decimal))
    print("\nvalue\treference\tours\tunits of the last printed digit, allowed")
    wrong = []
    for path, value in ours:
        unit = Decimal(1).scaleb(known[path].as_tuple().exponent)
        away, allowed = abs(Decimal(value) - known[path]) / unit, allowed_at(path)
        print(f"{path}\t{known[path]}\t{value:.9g}\t{away:.2f}\t{allowed}")
        if away > allowed:
            wrong.append((path, known[path], value, float(away)))
    reproduced = {path for path, _ in ours}
    left_out = {path for path in known if any(path == at or path.startswith(f"{at}/") for at in LEFT_OUT)}
    print(f"{len(reproduced)} of {len(known)} values are given back here; {len(left_out)} are not computed from files")
    assert not wrong
    assert set(known) - reproduced - left_out == set()
    assert not reproduced & left_out
