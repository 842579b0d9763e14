"""How numbers are written for people; the filters of the report's template."""

import math

ABSENT = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def number(value: float | None, digits: int = 2) -> str:
    """Write a number with a true minus sign.

    Args:
        value: May be infinite (the PSNR of equal pictures), NaN, or None where there is none.
        digits: Digits after the point.

    Example:
        >>> number(-27.305), number(math.inf), number(math.nan), number(None)
        ('−27.30', '∞', 'undefined', '–')
    """  # noqa: RUF002 - a true minus
    if value is None:
        return ABSENT
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{value:,.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 2) -> str:
    """Write a difference, always with its sign, except a zero.

    Example:
        >>> signed(0.5), signed(-0.5), signed(-0.001), signed(math.inf)
        ('+0.50', '−0.50', '0.00', '+∞')
    """  # noqa: RUF002 - a true minus
    text = number(value, digits)
    if value is None or math.isnan(value):
        return text
    if not text.strip(f"{MINUS}0."):
        return text.strip(MINUS)
    return text if value < 0 else f"+{text}"


def significant(value: float) -> str:
    """Write a size with three significant digits, never with an exponent.

    Example:
        >>> significant(0), significant(0.01234), significant(5.8213), significant(12345.6)
        ('0', '0.0123', '5.82', '12,346')
    """
    if value == 0 or not math.isfinite(value):
        return number(value, 0)
    return number(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def count(value: int) -> str:
    """Write a number of parameters.

    Example:
        >>> count(0), count(950), count(48_210), count(5_821_300)
        ('0', '950', '48.2 k', '5.82 M')
    """
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{significant(value / size)} {unit}"
    return str(value)


def metric(column: str) -> str:
    """Name a metric from its column.

    Example:
        >>> metric("psnr_db"), metric("ms_ssim"), metric("lpips")
        ('PSNR, dB', 'MS-SSIM', 'LPIPS')
    """
    heading = column.removesuffix("_db").upper().replace("_", "-")
    return f"{heading}, dB" if column.endswith("_db") else heading


def plain(value: float | None) -> str:
    """Write a number for the page's script; empty where there is none.

    Example:
        >>> plain(-0.25), plain(math.inf), plain(math.nan), plain(None)
        ('-0.25', 'Infinity', '', '')
    """
    if value is None or math.isnan(value):
        return ""
    return f"{value:.6g}".replace("inf", "Infinity")


def duration(seconds: float | None) -> str:
    """Write a time span.

    Example:
        >>> duration(0.42), duration(75), duration(7_500), duration(None)
        ('0.4 s', '1 min 15 s', '2 h 05 min', '–')
    """  # noqa: RUF002 - a true minus
    if seconds is None:
        return ABSENT
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left:02d} min" if hours else f"{minutes} min {rest:02d} s"
