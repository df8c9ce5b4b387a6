"""What a person does on the page, in a few words."""

from typing import Any

RUNNING = "document.body.classList.contains('wb-running')"
PLANS = {
    "a": "a=speculative_sampling&a@target=tiny-target&a@draft=tiny-draft",
    "b": "b=greedy&b@target=tiny-target",
}


class Visitor:
    """Opens windows of one browser and remembers what they asked for."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser, self.address = browser, address
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.contexts: list[Any] = []

    def __call__(self, query: str = "", width: int = 1440, height: int = 900, **options: Any) -> "Window":
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{self.address}?{query}")
        return Window(page, linked="a=" in query)

    def leave(self) -> None:
        for context in self.contexts:
            context.close()
        own = (self.address, "data:", "blob:")
        assert not [url for url in self.requests if not url.startswith(own)]
        assert not self.errors


class Window:
    """One window; `page` is playwright's."""

    def __init__(self, page: Any, linked: bool) -> None:
        self.page, self.linked = page, linked

    def find(self, hook: str) -> Any:
        return self.page.get_by_test_id(hook)

    def text(self, hook: str) -> str:
        return self.find(hook).inner_text()

    def drawn(self, pane: str = "a") -> "Window":
        """Wait until a run is on screen."""
        self.page.wait_for_selector(f"[data-testid=text-{pane}]:not([data-empty])", timeout=60_000)
        return self

    def ready(self) -> "Window":
        """Wait until the methods can be chosen, and the link, if there is one, has set them."""
        self.page.wait_for_selector("[data-testid=method-b]:enabled", timeout=60_000)
        if self.linked:
            self.page.wait_for_function("document.body.classList.contains('wb-linked')")
        return self

    def run(self, button: str, wait: bool = True) -> "Window":
        self.find(button).click()
        self.page.wait_for_function(RUNNING)
        if wait:
            self.page.wait_for_function(f"!{RUNNING}", timeout=60_000)
        return self

    def state(self) -> dict[str, Any]:
        return self.page.evaluate("Workbench.player().state()")

    def complaint(self) -> str:
        """The sentence in the message area."""
        area = self.page.locator("[data-testid=message][data-kind=error] > span")
        area.wait_for(state="visible")
        return area.inner_text()
