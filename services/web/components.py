"""The GOV.UK Design System's components, as functions that our templates call.

Their macros (`govuk-frontend-jinja`) leave most parameters out and take them for absent, which our own strict
templates may not; so they live in an environment of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, PrefixLoader, TemplateNotFound
from markupsafe import Markup

_LIBRARY: Final = "govuk_frontend_jinja"


class Components:
    """`components.button({"text": "Save"})` is the design system's button."""

    def __getattr__(self, name: str) -> Component:
        """Find a component by its name, words joined by `_`; raises AttributeError if there is none."""
        try:
            return _component(name)
        except TemplateNotFound as error:
            raise AttributeError(f"the design system has no component '{name}'") from error


class Component:
    """One component's macro."""

    def __init__(self, macro: Any) -> None:  # noqa: ANN401 - Jinja's macro has no type of its own
        self._macro = macro

    def __call__(self, params: Mapping[str, Any]) -> Markup:
        """Render it; `text` is escaped, `html` is taken as it is."""
        # A macro of an environment that escapes gives text that is safe.
        return Markup(self._macro(dict(params)))  # noqa: S704 - as above


@cache
def _component(name: str) -> Component:
    folder = name.replace("_", "-")
    words = [part.capitalize() for part in name.split("_")]
    module: Any = _environment().get_template(f"{_LIBRARY}/components/{folder}/macro.html").module
    return Component(getattr(module, "govuk" + "".join(words)))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PrefixLoader({_LIBRARY: PackageLoader(_LIBRARY)}),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
