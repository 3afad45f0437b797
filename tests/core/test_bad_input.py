"""Bad input on the command line: one sentence on stderr that says where and what to do, exit code 2, no traceback."""

import gzip
import io
import json
import os
import pickle
import sys
import zipfile
from pathlib import Path

import openpyxl
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


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Return the one sentence with which the command refuses."""
    code, _, err = simile(capsys, *words)
    assert code == 2, err
    assert "Traceback" not in err
    assert err.startswith("simile: ")
    assert len(err.splitlines()) == 1, err
    return err


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [("a", "b"), *((i, str(i % 3)) for i in range(40))]:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


def claiming(archive: bytes, size: int) -> bytes:
    """Return a zip archive whose directory says that its member unpacks to ``size`` bytes."""
    at = archive.index(b"PK\x01\x02") + 24
    return archive[:at] + size.to_bytes(4, "little") + archive[at + 4 :]


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
FILES = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n \n\n", "is empty"),
    "header.csv": (b"a,b,c\n", "no rows below"),
    "nameless.csv": (b",,\n1,2,3\n4,5,6\n", "no column names"),
    "twice.csv": (b"a,b,a\n1,2,3\n4,5,6\n", "2 columns called 'a' (columns 1, 3)"),
    "single.csv": (b"a,b\n1,2\n", "has 1 row"),
    "tilde.csv": (b"a~b\n" + b"".join(b"%d~x\n" % i for i in range(60)), "Check delimiter"),
    "words.csv": (
        b"a\n" + b"".join(b"x%d\n" % i if i % 3 else b"%d\n" % i for i in range(60)),
        "0 columns to learn from",
    ),
    "ragged.csv": (b"a,b\n1,2\n1,2,3\n4,5\n", "line 3: 3 cells, but the header has 2"),
    "wide.csv": (b",".join(b"c%d" % i for i in range(30_000)) + b"\n", "30,000 columns, more than the 20,000"),
    "broken.csv": (b'a,b\n1,"x\ny"\n\n2,"u\n\nv"\n1,2,3\n4,5\n', "line 8: 3 cells, but the header has 2"),
    "quote.csv": (b'a,b\n1,x\n2,"y\n3,z\n4,z\n', "line 3: a quote is opened and never closed"),
    "zero.csv": (b"a,b\n1,2\n3,\x004\n" * 20, "binary data"),
    "missing.csv": (b"a,b\n" + b"?,NA\n" * 30, "no cell"),
    "broken.xlsx": (b"PK\x03\x04" + bytes(range(256)) * 8, "damaged"),
    "cut.xlsx": (workbook()[:2500], "damaged"),
    "locked.xlsx": (LOCKED, "password"),
    "bomb.zip": (claiming(zipped(a_csv=b"a\n1\n"), 3_000_000_000), "more than the limit of 2,000 MB"),
    "cut.csv.gz": (gzip.compress(b"a,b\n1,2\n" * 9000)[:-20], "ends too early"),
    "none.zip": (zipped(a_md=b"a\n1\n", b_py=b"a\n1\n"), "no table"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture (PNG)"),
    "paper.pdf": (b"%PDF-1.7 ...", "a PDF document"),
    "page.csv": (b"<!doctype html><table><tr><td>1</td></tr></table>", "a web page"),
    "model.csv": (pickle.dumps({"a": [1, 2]}), "a Python pickle"),
    "program.csv": (b"\x7fELF\x02\x01\x01" + bytes(100), "a program"),
    "fake.parquet": (b"hello", "no Parquet file"),
    "torn.parquet": (b"PAR1" + bytes(200) + b"PAR1", "damaged"),
    "object.json": (b'{"a": 1, "b": 2}', "has 1 row"),
    "number.json": (b"42", "not a table"),
    "broken.json": (b"[{1:}", "line 1: this is not JSON"),
    "cut.jsonl": (b'{"a":1}\n{"a":2}\n{"a":\n', "line 3: this is not JSON"),
    "deep.json": (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_usable_table_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    data, part = FILES[name]
    (tmp_path / name).write_bytes(data)
    sentence = refused(capsys, "generate", tmp_path / name, "--out", tmp_path / "out.csv", "--method", "independent")
    assert part in sentence
    assert name.split(".")[0] in sentence
    assert not (tmp_path / "out.csv").exists()


def test_a_file_over_the_limit_is_refused_before_it_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with (tmp_path / "big.csv").open("wb") as stream:
        stream.truncate(600_000_000)
    assert "600 MB, more than the limit of 500 MB" in refused(capsys, "profile", tmp_path / "big.csv")


def test_a_folder_and_a_name_that_is_not_there_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "is a folder" in refused(capsys, "profile", tmp_path)
    assert "There is no file" in refused(capsys, "profile", tmp_path / "nowhere.csv")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_file_that_may_not_be_read_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "closed.csv").write_text("a\n1\n")
    (tmp_path / "closed.csv").chmod(0)
    assert "cannot be read" in refused(capsys, "profile", tmp_path / "closed.csv")


READABLE = {
    "latin.csv": ("ville,n\n" + "Genève,1\nParis,2\n" * 40).encode("latin-1"),
    "column.csv": b"a,b\n" + b"1,\n2,\n" * 40,
    "mixed.csv": b"a,b\n" + b"1,5\ntwo,6\n" * 40,
    "semicolon.csv": b"a;b\n" + b"1;x\n2;y\n" * 40,
    "letter.csv": b"a,b\n" + b"1,x\n2,y\n" * 40 + b'1,"' + b"z" * 10_000_000 + b'"\n',
}
SAID = {"latin.csv": "Latin-1", "column.csv": "No cell is filled in 'b'.", "semicolon.csv": "semicolon"}


@pytest.mark.parametrize("name", READABLE)
def test_a_file_that_can_be_read_after_all_says_what_was_odd(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(READABLE[name])
    out = tmp_path / "out.csv"
    code, _, err = simile(capsys, "generate", tmp_path / name, "--out", out, "--method", "independent", "--rows", 20)
    assert code == 0, err
    assert SAID.get(name, "") in err
    assert len(pd.read_csv(out)) == 20


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    rows = [
        f"A{n:05d},{20 + n * 7 % 50},{'FM'[n % 2]},note {n} of a client,{'yes' if n % 3 else 'no'}" for n in range(300)
    ]
    path = tmp_path / "clients.csv"
    path.write_text("record_id,age,sex,remark,bought\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize(
    ("recipe", "part"),
    [
        ("[]", "an object"),
        ("", "not JSON"),
        ("{", "not JSON"),
        ('{"rows": 0}', "'rows'"),
        ('{"rows": "many"}', "'rows'"),
        ('{"rows": 1e12}', "'rows'"),
        ('{"seed": -1}', "'seed'"),
        ('{"seed": 99999999999999999999}', "'seed'"),
        ('{"holdout": NaN}', "'holdout'"),
        ('{"holdout": 1}', "'holdout'"),
        ('{"rowz": 5}', "'rowz': there is no such field; the fields are version, method"),
        ('{"version": 99}', "'version'"),
        ('{"chunk_rows": 0}', "'chunk_rows'"),
        ('{"use": "fun"}', "'use'"),
        ('{"method": "tres"}', "Did you mean 'trees'"),
        ('{"method": "trees", "params": {"leaf": NaN}}', "'leaf'"),
        ('{"method": "trees", "params": {"leef": 3}}', "Did you mean 'leaf'"),
        ('{"where": "agee > 3"}', "Did you mean 'age'"),
        ('{"shares": {"sex": {"X": 0.5}}}', "no category 'X'"),
        ('{"shares": {"sex": {"F": NaN}}}', "between 0 and 1"),
        ('{"constraints": [5]}', "JSON object"),
        ('{"constraints": [{"type": "nope"}]}', "no rule of type 'nope'"),
        ('{"constraints": [{"type": "scalar_range", "column": "aeg", "low_value": 1}]}', "Did you mean 'age'"),
    ],
)
def test_a_broken_recipe_names_the_field(
    capsys: pytest.CaptureFixture[str], clients: Path, recipe: str, part: str
) -> None:
    file = clients.with_name("recipe.json")
    file.write_text(recipe)
    assert part in refused(capsys, "run", file, clients, "--out", clients.with_name("pack"))


@pytest.mark.parametrize(
    ("rules", "part"),
    [
        ("{}", "JSON list"),
        ("[", "not JSON"),
        ("[{}]", "Rule 1 of 1: A rule needs a 'type'"),
        ('[{"type": "unique", "columns": []}]', "'columns'"),
        ('[{"type": "scalar_range", "column": "sex", "low_value": 1}]', "column 'sex' is read as category"),
        ('[{"type": "scalar_range", "column": "age", "low_value": NaN}]', "NaN is not a value"),
        ('[{"type": "scalar_range", "column": "age", "low_value": 1, "target_rate": 7}]', "target_rate"),
        ('[{"type": "inequality", "low_column": "age", "high_column": "age"}]', "against itself"),
        ('[{"type": "implies", "if": "__import__(\'os\')", "then": "age > 3"}]', "no function '__import__'"),
        ('[{"type": "fixed_combinations", "columns": ["sex", "bought"], "combinations": [["F"]]}]', "needs 2 values"),
    ],
)
def test_broken_rules_name_the_rule(capsys: pytest.CaptureFixture[str], clients: Path, rules: str, part: str) -> None:
    file = clients.with_name("rules.json")
    file.write_text(rules)
    words = ("generate", clients, "--out", clients.with_name("out.csv"), "--constraints", file)
    assert part in refused(capsys, *words, "--method", "independent")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--where", "agee > 3"], "Did you mean 'age'"),
        (["--where", "age >"], "the expression ends here"),
        (["--where", "__import__('os').system('id')"], "not part of an expression"),
        (["--where", "age.__class__"], "no column 'age.__class__'"),
        (["--where", "(" * 1_500 + "age > 1" + ")" * 1_500], "deep"),
        (["--where", "age > 1 and " * 5_000 + "age > 1"], "longer than 4,000 characters"),
        (["--share", "sex"], "not understood"),
        (["--share", "sex=F:0.5,X:0.5"], "no category 'X'"),
        (["--share", "sex=F:nan"], "between 0 and 1"),
        (["--share", "sex=F:0.5,F:0.5"], "twice"),
        (["--share", "age=30:0.5"], "is read as whole number"),
        (["--target", "remark"], "never learned"),
        (["--target", "record_id"], "an identifier"),
        (["--target", "sex", "--sensitive", "sex"], "two roles"),
        (["--seed", "-1"], "--seed"),
        (["--seed", "4294967296"], "--seed"),
        (["--rows", "1000000000"], "--rows"),
        (["--holdout", "nan"], "--holdout"),
        (["--out", "/nowhere/out.csv"], "does not exist"),
        (["--out", "FOLDER.csv"], "a folder of parts holds Parquet files"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], clients: Path, words: list[str], part: str
) -> None:
    clients.with_name("FOLDER.csv").mkdir()
    words = [str(clients.with_name(word)) if word == "FOLDER.csv" else word for word in words]
    out = clients.with_name("out.csv")
    assert part in refused(capsys, "generate", clients, "--out", out, "--method", "independent", *words)


def test_judging_what_cannot_be_compared_is_refused(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    frame = pd.read_csv(clients)
    other, words = clients.with_name("other.csv"), clients.with_name("words.csv")
    frame.drop(columns="age").to_csv(other, index=False)
    frame.assign(age="old").to_csv(words, index=False)
    assert "lacks 1 of the 5 columns" in refused(capsys, "judge", clients, other)
    assert "'age'" in refused(capsys, "judge", clients, words)
    assert "does not exist" in refused(capsys, "judge", clients, clients, "--html", "/nowhere/report.html")
    measured = clients.with_name("measured.csv")
    frame.assign(age=[n + 0.25 for n in range(300)]).to_csv(measured, index=False)
    assert "also among the 300 training rows" in refused(capsys, "judge", measured, measured, "--holdout", measured)


def test_text_columns_that_a_release_lacks_are_named(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    out = clients.with_name("out.csv")
    code, _, err = simile(capsys, "generate", clients, "--out", out, "--method", "independent", "--rows", 50)
    assert code == 0
    assert "Not in the release: 'remark' (free text)." in err
    assert "remark" not in pd.read_csv(out)


def test_verdicts_name_their_score(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    card = clients.with_name("card.json")
    _, text, _ = simile(capsys, "judge", clients, clients, "--json", card)
    lines = [line for line in text.splitlines() if line.startswith(("PASS", "WATCH", "FAIL", "NOT ENOUGH"))]
    scores = [verdict["target"]["score"] for verdict in json.loads(card.read_text())["verdicts"]]
    assert len(lines) == len(scores)
    for score, line in zip(scores, lines, strict=True):
        assert score in line


def test_a_file_can_be_read_otherwise_than_guessed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = b"".join(b"%d;%d,5;x\n" % (i, i) for i in range(60))
    (tmp_path / "a.csv").write_bytes(b"title\nn;size;word\n" + rows + b"1;2\n")
    assert "--read skip_ragged=yes" in refused(capsys, "constraints", tmp_path / "a.csv")
    words = ["--read", "skip_ragged=yes", "--read", "delimiter=;", "--read", "header_row=2", "--read", "decimal=,"]
    code, out, err = simile(capsys, "profile", tmp_path / "a.csv", *words, "--sample-rows", 50)
    assert code == 0, err
    assert "a: 50 rows x 3 columns" in out
    assert "Left out: 1 line" in out
    code, out, err = simile(capsys, "profile", tmp_path / "a.csv", *words, "--read", "header=no")
    assert code == 0, err
    assert "a: 61 rows x 3 columns" in out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--read", "delimter=x"], "Did you mean 'delimiter'?"),
        (["--read", "sheet"], "write it as KEY=VALUE"),
        (["--read", "date_order=last"], "must be day, month or year"),
        (["--read", "skip_ragged=perhaps"], "must be yes or no"),
        (["--read", "header=perhaps"], "must be yes or no"),
        (["--read", "header_row=0"], "a whole number from 1"),
        (["--read", "decimal=;"], "The decimal mark is a point or a comma"),
        (["--sample-rows", "0"], "--sample-rows"),
    ],
)
def test_a_way_of_reading_that_there_is_not_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], part: str
) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,4\n")
    assert part in refused(capsys, "profile", tmp_path / "a.csv", *words)


def test_a_database_is_not_read_as_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "are for files" in refused(capsys, "profile", "sqlite:///shop.db", "--sample-rows", 10)
