"""What an explorer of the sandbox shows once nothing on its page is on its way any more."""

import re

from playwright.sync_api import Page, expect

PATIENCE = 60_000


def settle(page: Page) -> None:
    """Wait for the charts, and for what is told last: the month's end, the invoice, what stood out."""
    expect(page.get_by_role("status").first).not_to_contain_text("fetching", timeout=PATIENCE)
    expect(page.locator(".cfusage-figures")).to_contain_text("End of ", timeout=PATIENCE)
    expect(page.get_by_text("Hours and invoice: ")).to_be_visible(timeout=PATIENCE)
    told = re.compile("more than usual|less than usual|in this range|history")
    expect(page.locator(".cfusage-stood-out")).to_contain_text(told, timeout=PATIENCE)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cfusage-chart')].every((one) => one.dataset.state === 'ready')"
    )
