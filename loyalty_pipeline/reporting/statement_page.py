"""A statement as one page to print or send: a single HTML file that needs nothing else.

Belongs here: markup and escaping. Not here: what a statement says.
"""

from __future__ import annotations

from html import escape

from loyalty_pipeline.reporting.statement import Statement

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1c1c1c; margin: 2.5rem auto; max-width: 52rem;
  padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; }
p { margin: .2rem 0; color: #555; }
table { border-collapse: collapse; width: 100%; margin-top: 1.4rem; }
th, td { padding: .4rem .6rem; text-align: left; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; font-weight: 600; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.balance td { font-weight: 600; background: #f5f5f3; }
.day { white-space: nowrap; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; }
  thead { display: table-header-group; } }
"""


def as_html(statement: Statement) -> str:
    """The page. Everything that came from a file is escaped, and no script can run in it."""
    rows = statement.rows()
    lines = "\n".join(
        _line(row, is_balance=position in {0, len(rows) - 1}) for position, row in enumerate(rows)
    )
    name = statement.partner_name or statement.partner_id
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Statement {escape(statement.partner_id)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(statement.program_name or statement.program)}</h1>
<p>Statement of points for <strong>{escape(name)}</strong> ({escape(statement.partner_id)})</p>
<p>{escape(_about(statement))}</p>
<table>
<thead><tr><th>Date</th><th>Description</th><th class="figure">Credit</th>
<th class="figure">Debit</th><th class="figure">Balance</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
<p>Promised, not to be spent yet: {escape(_grouped(format(statement.promised, "f")))} points</p>
</body>
</html>
"""


def _about(statement: Statement) -> str:
    first = statement.first.isoformat() if statement.first else "the beginning"
    last = (statement.last or statement.business_date).isoformat()
    tier = f" · tier {statement.tier}" if statement.tier else ""
    return f"From {first} to {last}{tier}"


def _line(row: tuple[str, ...], *, is_balance: bool) -> str:
    day, description, *figures = (escape(text) for text in row)
    cells = "".join(f'<td class="figure">{_grouped(figure)}</td>' for figure in figures)
    start = '<tr class="balance">' if is_balance else "<tr>"
    return f'{start}<td class="day">{day}</td><td>{description}</td>{cells}</tr>'


def _grouped(figure: str) -> str:
    """Thousands apart, so that large figures can be read; no trailing zeros."""
    whole, _, part = figure.partition(".")
    if not whole.removeprefix("-").isdigit():
        return figure
    part = part.rstrip("0")
    return f"{int(whole):,}{'.' + part if part else ''}"
