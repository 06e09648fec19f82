"""axe-core, fetched once from its npm package like the pages' own style, and run inside a page."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from playwright.async_api import Page

from services.web.assets import NpmPackage, default_folder, fetch, is_installed

AXE: Final = NpmPackage(
    name="axe-core",
    version="4.14.1",
    integrity="sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    files=("axe.min.js",),
)


@cache
def script() -> str:
    """Return axe-core's script; raises FetchError if it cannot be had."""
    folder = default_folder(AXE)
    if not is_installed(AXE, folder):
        fetch(AXE, folder)
    return (folder / "axe.min.js").read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Name each rule that the page breaks, with the first elements that do."""
    # Through the debugger: the page's own policy lets no other script in.
    await page.evaluate(script())
    found: dict[str, Any] = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{broken['id']}: {broken['help']} – {[node['html'][:120] for node in broken['nodes'][:3]]}"
        for broken in found["violations"]
    ]
