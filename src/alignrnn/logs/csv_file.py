"""A row a check and a run, appended while the training runs."""

import csv
import io

from ..errors import ConfigurationError, Description
from ..files import not_written
from ..training import Check
from .base import Log, numbers_of


class CSVLog(Log):
    """A CSV file with a row a check and a run: `run`, `iteration`, `loss` (the mean since the check
    before), `error` (validation error), `learning_rate`, and where they are recorded the means of
    the diagnostics over the time steps, by their names.

    Rows are on the disk once the check is over, so that `tail -f` shows them. See `Log` for `path`,
    `append` and `names`.

    Examples:
        With `train(…, on_check=log)` it is told of every check, as here of one:

        >>> import alignrnn as ar
        >>> from pathlib import Path
        >>> log = ar.CSVLog("log.csv")
        >>> log(ar.Check(0, 100, loss=0.5, error=0.1, learning_rate=0.01, diagnostics={}))
        >>> Path("log.csv").read_text().splitlines()
        ['run,iteration,loss,error,learning_rate', 'run-0,100,0.5,0.1,0.01']
    """

    name = "csv"

    def _is_there(self) -> bool:
        return self.path.exists()

    def _last_of(self, name: str) -> int:
        return self._there.get(name, 0)

    def _open(self) -> None:
        """A row that was cut short, by a kill or a full disk, is taken away."""
        self._there: dict[str, int] = {}
        self._heading: list[str] | None = None
        if not self._is_there():
            return
        try:
            with self.path.open("rb+") as file:
                content = file.read()
                whole = content[: content.rfind(b"\n") + 1]
                file.truncate(len(whole))
            rows = csv.DictReader(io.StringIO(whole.decode(), newline=""))
            self._heading = list(rows.fieldnames or ()) or None
            if self._heading is not None and self._heading[:2] != ["run", "iteration"]:
                raise ValueError
            for row in rows:
                self._there[row["run"]] = int(row["iteration"])
        except OSError as error:
            raise not_written("log", self.path, error) from None
        except (ValueError, TypeError):
            raise ConfigurationError("log", str(self.path), "it is no log of alignrnn") from None

    def _write(self, name: str, check: Check) -> None:
        row = {"run": name, "iteration": check.iteration, **numbers_of(check)}
        text = io.StringIO(newline="")
        table = csv.writer(text, lineterminator="\n")
        if self._heading is None or not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._heading = list(row)
            table.writerow(self._heading)
        elif self._heading != list(row):
            found = Description(f"{self.path} with columns {', '.join(self._heading)}")
            raise ConfigurationError("log", found, f"they must be {', '.join(row)}")
        table.writerow(row.values())
        with self.path.open("a", newline="") as file:
            file.write(text.getvalue())
