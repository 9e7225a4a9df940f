from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Bookings, nights and blocks."""

    name = "bookings"

    def ready(self) -> None:
        from bookings import holds
        from villaops.tenancy import settle_first

        settle_first(holds.HAS_EXPIRED, holds.release_expired_holds)
