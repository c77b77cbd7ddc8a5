"""A folder with the register's own files, in which a test changes single cells."""

import csv
import shutil
from pathlib import Path

from evaluations import register_files as evaluation_files
from measures import register_files as measure_files
from municipalities import register_files as municipality_files

DIRECTORIES = (municipality_files.DIRECTORY, measure_files.DIRECTORY, evaluation_files.DIRECTORY)


class RegisterFolder:
    """All files in one folder, as `load_register --directory` reads them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for directory in DIRECTORIES:
            shutil.copytree(directory, path, dirs_exist_ok=True)

    def lines(self, file: str) -> list[list[str]]:
        with (self.path / file).open(encoding="utf-8", newline="") as stream:
            return list(csv.reader(stream))

    def write(self, file: str, lines: list[list[str]]) -> None:
        with (self.path / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(lines)

    def row(self, file: str, key: str) -> int:
        """The number of the first row that begins with the key, the heading being row 1."""
        return next(number for number, cells in enumerate(self.lines(file), start=1) if cells[0] == key)

    def cells(self, file: str, key: str) -> dict[str, str]:
        """The cells of the first row that begins with the key."""
        lines = self.lines(file)
        return dict(zip(lines[0], lines[self.row(file, key) - 1], strict=True))

    def change(self, file: str, key: str, /, **cells: str) -> int:
        """Write other cells in the first row that begins with the key, and give its number."""
        lines = self.lines(file)
        number = self.row(file, key)
        for name, value in cells.items():
            lines[number - 1][lines[0].index(name)] = value
        self.write(file, lines)
        return number

    def add(self, file: str, /, **cells: str) -> int:
        """Add a row at the end, and give its number."""
        lines = self.lines(file)
        self.write(file, [*lines, [cells.get(name, "") for name in lines[0]]])
        return len(lines) + 1

    def remove(self, file: str, key: str) -> None:
        """Take out the first row that begins with the key."""
        lines = self.lines(file)
        del lines[self.row(file, key) - 1]
        self.write(file, lines)

    def remove_column(self, file: str, name: str) -> None:
        lines = self.lines(file)
        place = lines[0].index(name)
        self.write(file, [cells[:place] + cells[place + 1 :] for cells in lines])
