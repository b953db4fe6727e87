"""What models cost here: the list, and what the settings say was agreed."""

from __future__ import annotations

from gainful.intake.prices import AgreedPrice, Prices, Rates
from gainful.storage.settings.config import Config


def prices_of(config: Config) -> Prices:
    """The prices of an installation."""
    agreed = [
        AgreedPrice(
            price.provider,
            price.model,
            price.since,
            price.until,
            Rates(
                price.input,
                price.output,
                price.input if price.cache_read is None else price.cache_read,
                price.input if price.cache_write is None else price.cache_write,
            ),
        )
        for price in config.prices
    ]
    return Prices(agreed)
