"""The command line: what it promises, and one sentence for bad input."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from synth_core import cli


def simile(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, stdout and stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["simile", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    rows = [f"A{n:05d},{20 + n * 7 % 50},{'FM'[n % 2]},{'yes' if n % 10 < n % 3 * 4 else 'no'}" for n in range(400)]
    path = tmp_path / "clients.csv"
    path.write_text("record_id,age,sex,bought\n" + "\n".join(rows) + "\n")
    return path


def test_demo_profile_and_constraints(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "orders.csv"
    assert simile(capsys, "demo", "orders", "--out", out)[0] == 0
    code, text, _ = simile(capsys, "profile", out, "--json", tmp_path / "profile.json")
    assert code == 0
    assert "12,000 rows" in text
    assert json.loads((tmp_path / "profile.json").read_text())["profile"]["columns"]
    code, text, _ = simile(capsys, "constraints", out, "--json", tmp_path / "rules.json")
    assert code == 0
    assert "total" in text
    assert json.loads((tmp_path / "rules.json").read_text())


def test_profile_says_what_is_in_a_table_in_time_and_exposed_and_writes_both_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    days = pd.date_range("2024-01-01", periods=300).astype(str)
    rows = [f"{day},{n % 70 + 20},{'FM'[n % 2]},{n % 7},{'yes' if n % 9 == 0 else 'no'}" for n, day in enumerate(days)]
    visits, page, document = (tmp_path / name for name in ("visits.csv", "visits.html", "visits.json"))
    visits.write_text("day,age,sex,calls,ill\n" + "\n".join(rows) + "\n")
    words = (
        "profile",
        visits,
        "--target",
        "ill",
        "--order",
        "day",
        "--html",
        page,
        "--json",
        document,
        "--sample",
        200,
    )
    code, text, err = simile(capsys, *words)
    assert code == 0, err
    for said in (
        "facts from 200",
        "Look at this first",
        "In time",
        "daily (all steps)",
        "Exposed rows",
        "What this means",
    ):
        assert said in " ".join(text.split())
    assert all(len(line) <= 120 for line in text.splitlines() if not line.startswith("->"))
    assert "What this means for you" in page.read_text()
    found = json.loads(document.read_text())
    assert (found["kind"], found["version"], found["time"]["order"]) == ("simile-profile", 1, "day")
    assert found["profile"]["sampled"] == 200
    code, text, _ = simile(capsys, "profile", visits, "--order", "rows")
    assert "Taken in the order of its rows" in text
    code, _, err = simile(capsys, "profile", visits, "--entity", "nobody")
    assert code == 2
    assert "nobody" in err


def test_methods_are_listed_as_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = simile(capsys, "methods")
    assert code == 0
    assert "trees" in text
    assert "BUSL-1.1" in text
    names = {info["name"] for info in json.loads(simile(capsys, "methods", "--json")[1])}
    assert names >= {"independent", "copula", "trees", "ctgan", "tvae"}


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_the_suffix_decides_the_format(capsys: pytest.CaptureFixture[str], clients: Path, suffix: str) -> None:
    out = clients.with_name(f"synthetic.{suffix}")
    code, text, err = simile(
        capsys, "generate", clients, "--out", out, "--rows", 250, "--seed", 3, "--method", "independent"
    )
    assert code == 0, err
    assert "250 rows" in text
    frame = {"csv": pd.read_csv, "xlsx": pd.read_excel, "parquet": pd.read_parquet}[suffix](out)
    assert frame.shape == (250, 4)
    assert set(frame["sex"]) == {"F", "M"}


def test_generate_twice_gives_the_same_file(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    one, two = clients.with_name("one.parquet"), clients.with_name("two.parquet")
    for out in (one, two):
        assert (
            simile(capsys, "generate", clients, "--out", out, "--method", "trees", "--rows", 300, "--seed", 3)[0] == 0
        )
    assert one.read_bytes() == two.read_bytes()


def test_generate_takes_roles_rules_shares_conditions_and_settings(
    capsys: pytest.CaptureFixture[str], clients: Path
) -> None:
    rules = clients.with_name("rules.json")
    rules.write_text(json.dumps([{"type": "scalar_range", "column": "age", "low_value": 20, "high_value": 60}]))
    out = clients.with_name("out.csv")
    code, _, err = simile(
        capsys, "generate", clients, "--out", out, "--rows", 200, "--method", "trees", "--param", "leaf=30",
        "--target", "bought", "--sensitive", "sex", "--constraints", rules, "--share", "sex=F:0.75,M:0.25",
        "--where", "age >= 30", "--for", "train", "--holdout", 0,
    )  # fmt: skip
    assert code == 0, err
    frame = pd.read_csv(out)
    assert frame["age"].between(30, 60).all()
    assert abs((frame["sex"] == "F").mean() - 0.75) < 0.02


def test_generate_makes_a_class_completes_given_rows_and_says_how(
    capsys: pytest.CaptureFixture[str], clients: Path
) -> None:
    out, seeds = clients.with_name("out.csv"), clients.with_name("seeds.csv")
    words = ("generate", clients, "--out", out, "--method", "copula")
    code, text, err = simile(capsys, *words, "--make", "bought=yes:150")
    assert code == 0, err
    assert (pd.read_csv(out)["bought"] == "yes").sum() == len(pd.read_csv(out)) == 150
    assert "Effective sample size: 150 of 150 rows" in text
    seeds.write_text("sex,age\nF,31\nM,44\nF,59\n")
    code, text, err = simile(capsys, *words, "--given", seeds)
    assert code == 0, err
    assert pd.read_csv(out)[["sex", "age"]].to_numpy().tolist() == [["F", 31], ["M", 44], ["F", 59]]
    assert "Each given row was completed by the engine" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--make", "bought=yes"), "Write it like fraud=1:10000"),
        (("--make", "bought=yes:10", "--rows", 20), "add up to 10 rows, and the recipe makes 20"),
        (("--steer", "hard"), "--steer: it must be 'auto', 'prescribe' or 'draw'"),
        (("--where", "age > 300"), "No real row keeps"),
        (("--share", "bought=never:0.5"), "has no category 'never'"),
    ],
)
def test_what_cannot_be_steered_gets_one_sentence(
    capsys: pytest.CaptureFixture[str], clients: Path, options: tuple[object, ...], message: str
) -> None:
    out = clients.with_name("out.csv")
    code, _, err = simile(capsys, "generate", clients, "--out", out, "--method", "copula", *options)
    assert code in (1, 2)
    assert message in err
    assert "Traceback" not in err
    assert not out.exists()


def test_fill_writes_several_fillings_each_with_its_list(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    lines = clients.read_text().splitlines()
    holes = [
        line if n % 10 else line.replace(",F,", ",,").replace(",M,", ",,") for n, line in enumerate(lines, start=-1)
    ]
    clients.write_text("\n".join(holes) + "\n")
    out = clients.with_name("filled.csv")
    code, text, err = simile(capsys, "fill", clients, "--out", out, "--method", "copula", "--imputations", 2)
    assert code == 0, err
    assert "40 cells by 'copula' in sex" in text
    for number in (1, 2):
        made = pd.read_csv(clients.with_name(f"filled-{number}.csv"))
        assert made["sex"].notna().all()
        listed = json.loads(clients.with_name(f"filled-{number}.csv.filled.json").read_text())
        assert len(listed["filled"]["sex"]) == 40
        assert listed["seed"] == number - 1


def test_judge_gives_verdicts_and_files_and_exit_code_1_when_a_gate_fails(
    capsys: pytest.CaptureFixture[str], clients: Path
) -> None:
    copy = clients.with_name("copy.csv")
    copy.write_text(clients.read_text())
    code, text, err = simile(
        capsys, "judge", clients, copy, "--holdout", copy, "--target", "bought",
        "--json", clients.with_name("card.json"), "--html", clients.with_name("card.html"),
    )  # fmt: skip
    assert code in (0, 1), err
    assert "c2st" in text
    card = json.loads(clients.with_name("card.json").read_text())
    assert {verdict["word"] for verdict in card["verdicts"]} <= {"pass", "watch", "fail", "not enough data"}
    assert "<html" in clients.with_name("card.html").read_text()[:500].lower()


def test_judge_splits_off_the_rows_that_generate_kept_out(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    out, card = clients.with_name("out.csv"), clients.with_name("card.json")
    same = ("--target", "bought", "--seed", 4)
    code, _, err = simile(
        capsys, "generate", clients, "--out", out, "--method", "independent", "--holdout", 0.25, *same
    )
    assert code == 0, err
    recipe = clients.with_name("made.json")
    recipe.write_text(json.dumps({"method": "independent", "rows": 300, "seed": 4}))
    code, text, err = simile(
        capsys, "judge", clients, out, "--holdout", 0.25, *same, "--json", card, "--shadow", recipe
    )
    assert code in (0, 1), err
    assert "The shadow audit takes about" in err
    assert "Of two releases, one made with an exposed person and one without" in text
    assert "NOT RUN          attack_advantage" in text
    body = json.loads(card.read_text())
    assert body["privacy"]["audit"]["fits"] == 16
    assert "shadow_advantage" in {verdict["target"]["score"] for verdict in body["verdicts"]}
    assert (body["rows_train"], body["rows_holdout"]) == (300, 100)
    assert simile(capsys, "judge", clients, out, "--holdout", 1.5, *same)[0] == 2


def test_run_follows_a_recipe_to_a_release_pack(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    recipe = clients.with_name("recipe.json")
    recipe.write_text(json.dumps({"method": "independent", "rows": 300, "seed": 2, "use": "explore"}))
    folder = clients.with_name("pack")
    code, _, err = simile(
        capsys, "run", recipe, clients, "--out", folder, "--target", "bought", "--override", "a test of the pack"
    )
    assert code in (0, 1), err
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "synthetic.parquet", "synthetic.csv", "codebook.csv", "data-card.md", "report.html", "scorecard.json",
        "recipe.json", "constraints.json", "manifest.json",
    }  # fmt: skip
    assert "a test of the pack" in (folder / "data-card.md").read_text() or code == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["override"] == "a test of the pack"
    assert "synthetic.parquet" in manifest["sha256"]


def test_run_keeps_a_ledger_and_puts_client_and_logo_on_the_report(
    capsys: pytest.CaptureFixture[str], clients: Path
) -> None:
    from tests.core.test_report import PIXEL

    recipe, folder, ledger = (clients.with_name(name) for name in ("recipe.json", "pack", "ledger.json"))
    logo = clients.with_name("logo.png")
    logo.write_bytes(PIXEL)
    for seed in (2, 3):
        recipe.write_text(json.dumps({"method": "independent", "rows": 200, "seed": seed, "use": "explore"}))
        words = ("--client", "ACME", "--logo", logo, "--title", "Release 4", "--ledger", ledger)
        code, _, err = simile(capsys, "run", recipe, clients, "--out", folder, "--override", "a test", *words)
        assert code in (0, 1), err
    assert [one["seed"] for one in json.loads(ledger.read_text())] == [2, 3]
    assert json.loads((folder / "manifest.json").read_text())["rows_released_before"] == 200
    page = (folder / "report.html").read_text()
    assert "Prepared for ACME" in page
    assert "data:image/png;base64," in page
    assert "<title>Release 4</title>" in page
    logo.write_text("<svg/>")
    code, _, err = simile(capsys, "run", recipe, clients, "--out", folder, "--logo", logo)
    assert (code, "neither a PNG nor a JPEG" in err) == (2, True)


def test_a_failed_gate_holds_the_rows_back(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    frame = pd.read_csv(clients)
    frame["age2"] = frame["age"]
    frame["age3"] = frame["age"] * 2
    frame.to_csv(clients, index=False)
    recipe = clients.with_name("recipe.json")
    recipe.write_text(json.dumps({"method": "independent", "rows": 400, "seed": 2, "use": "share"}))
    folder = clients.with_name("pack")
    code, text, err = simile(capsys, "run", recipe, clients, "--out", folder)
    assert code == 1, err
    assert "FAIL" in text
    assert not (folder / "synthetic.parquet").exists()
    assert (folder / "report.html").exists()


@pytest.mark.parametrize("words", [("parts/",), ("rows.parquet", "--partitioned")])
def test_generate_writes_a_folder_of_parts(
    capsys: pytest.CaptureFixture[str], clients: Path, words: tuple[str, ...]
) -> None:
    out = f"{clients.parent}/{words[0]}"
    given = ("generate", clients, "--rows", 300, "--method", "independent", "--out", out, *words[1:])
    for _ in range(2):
        code, text, err = simile(capsys, *given)
        assert code == 0, err
    assert f"300 rows x 4 columns by 'independent' -> {out.rstrip('/')}" in text
    assert len(pd.read_parquet(out)) == 300
    assert {path.name for path in Path(out).iterdir()} == {"part-000000.parquet", "_SYNTHETIC.txt"}


def test_run_puts_a_folder_of_parts_into_the_pack(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    recipe, folder = clients.with_name("recipe.json"), clients.with_name("pack")
    recipe.write_text(json.dumps({"method": "independent", "rows": 300, "chunk_rows": 100, "use": "explore"}))
    for words in ((), ("--partitioned",)):
        code, _, err = simile(capsys, "run", recipe, clients, "--out", folder, "--override", "a test", *words)
        assert code in (0, 1), err
    assert len(pd.read_parquet(folder / "synthetic")) == 300
    assert not (folder / "synthetic.parquet").exists()
    assert not (folder / "synthetic.csv").exists()
    assert "synthetic/part-000002.parquet" in json.loads((folder / "manifest.json").read_text())["sha256"]
    assert (folder / "codebook.csv").exists()


def test_too_little_memory_is_said_before_the_work(
    capsys: pytest.CaptureFixture[str], clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMILE_MEMORY_GB", "0.02")
    recipe = clients.with_name("recipe.json")
    recipe.write_text(json.dumps({"method": "independent", "rows": 300}))
    for words in (("generate", clients, "--out", "x.csv"), ("run", recipe, clients, "--out", "pack")):
        code, _, err = simile(capsys, *words)
        assert code == 2
        assert "of memory, and 0.0 GB are free" in err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["profile", "nowhere.csv"], "nowhere.csv"),
        (["demo", "hospitl", "--out", "x.csv"], "Did you mean 'hospital'"),
        (["generate", "CLIENTS", "--out", "x.doc"], ".csv, .xlsx or .parquet"),
        (["generate", "CLIENTS", "--out", "x.csv", "--method", "tres"], "Did you mean 'trees'"),
        (["generate", "CLIENTS", "--out", "x.csv", "--param", "leaf"], "KEY=VALUE"),
        (["generate", "CLIENTS", "--out", "x.csv", "--method", "trees", "--param", "leaf=many"], "whole number"),
        (["generate", "CLIENTS", "--out", "x.csv", "--target", "bougt"], "Did you mean 'bought'"),
        (["generate", "CLIENTS", "--out", "x.csv", "--rows", "0"], "--rows"),
        (["generate", "CLIENTS", "--out", "x.csv", "--holdout", "1"], "--holdout"),
        (["generate", "CLIENTS", "--out", "x.csv", "--where", "agee > 3"], "age"),
        (["generate", "CLIENTS", "--out", "x.csv", "--for", "fun"], "no such use"),
        (["generate", "CLIENTS", "--out", "x.csv", "--constraints", "nowhere.json"], "nowhere.json"),
        (["generate", "CLIENTS", "--out", "x.csv", "--partitioned"], "leave '.csv' out of its name"),
        (["generate", "CLIENTS", "--out", "nowhere/x/"], "does not exist"),
        (["generate", "CLIENTS", "--out", "x.csv", "--cluster", "here"], "looks like tcp://"),
        (["generate", "CLIENTS", "--out", "x.csv", "--cluster", "tcp://127.0.0.1:1"], "at tcp://127.0.0.1:1"),
        (["run", "nowhere.json", "CLIENTS", "--out", "pack"], "nowhere.json"),
        (["nonsense"], "nonsense"),
        ([], ""),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], clients: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], part: str
) -> None:
    monkeypatch.chdir(clients.parent)
    code, _, err = simile(capsys, *[clients if word == "CLIENTS" else word for word in words])
    assert code == 2, err
    assert part in err
    assert "Traceback" not in err


def test_the_installed_command_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from synth_core.cli import main; main()", "--help"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    for command in ("demo", "profile", "constraints", "methods", "generate", "judge", "run", "app"):
        assert command in done.stdout


def test_rules_are_checked_on_a_table_and_exported(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    rules, schema = clients.with_name("rules.json"), clients.with_name("schema.py")
    given = [
        {"type": "scalar_range", "column": "age", "low_value": 18},
        {"type": "allowed_values", "column": "sex", "values": ["F", "M"]},
        {"type": "scalar_range", "column": "age", "high_value": 50, "hard": False},
    ]
    rules.write_text(json.dumps(given))
    code, out, _ = simile(capsys, "constraints", clients, "--check", rules, "--pandera", schema)
    assert code == 0
    assert out.count("ok ") == 3
    assert "kept" in out
    assert "schema_of" in schema.read_text()
    rules.write_text(json.dumps([*given, {"type": "scalar_range", "column": "age", "low_value": 30}]))
    code, out, _ = simile(capsys, "constraints", clients, "--check", rules)
    assert code == 1
    assert "BROKEN    age is at least 30: broken in" in out
    rules.write_text(json.dumps([*given, {"type": "not_null", "column": "agee"}]))
    code, out, err = simile(capsys, "constraints", clients, "--check", rules)
    assert code == 1
    assert "Did you mean 'age'" in err
    assert out.count("ok ") == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{", "not JSON"),
        ('{"version": 9, "rules": []}', "version 9"),
        ('[{"type": "not_null", "column": "agee"}]', "Did you mean 'age'"),
        ('[{"type": "custom", "expression": "age > (3"}]', "character 9"),
        ('[{"type": "scalar_range", "column": "age", "low_value": 900}]', "real rows keep rule"),
    ],
)
def test_generating_with_a_wrong_rule_is_one_sentence(
    capsys: pytest.CaptureFixture[str], clients: Path, text: str, said: str
) -> None:
    rules = clients.with_name("rules.json")
    rules.write_text(text)
    out = clients.with_name("synthetic.csv")
    code, _, err = simile(capsys, "generate", clients, "--out", out, "--rules", rules, "--method", "independent")
    assert code != 0
    assert said in err
    assert "Traceback" not in err
    assert not out.exists()


def test_whose_rows_they_are_is_asked_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    visits = tmp_path / "visits.csv"
    lines = [f"{number // 4:08d}-aa{number // 4 % 7}c,{number % 11},{'NS'[number % 2]}" for number in range(240)]
    visits.write_text("\n".join(["patient id,dose,ward", *lines]))
    options = ("generate", visits, "--method", "independent", "--out", tmp_path / "out.csv")
    _, _, told = simile(capsys, *options)
    assert "'patient id' seems to say who a row is about. Add --entity 'patient id'," in told
    _, _, told = simile(capsys, *options, "--entity", "patient id")
    assert "seems to say" not in told
