from django.db import migrations

from villaops.live.triggers import DROP_TELL, TELL, Told

OF_UNIT = "LEFT JOIN properties_unit unit ON unit.id = row.unit_id"
OF_STAY = "LEFT JOIN bookings_booking stay ON stay.id = row.booking_id"

TABLES = [
    Told("bookings_booking", "booking", "row.id", "row.property_id"),
    # A block's nights are never changed without the block's own row.
    Told(
        "bookings_night",
        "booking",
        "row.booking_id",
        "unit.property_id",
        OF_UNIT,
        only="row.booking_id IS NOT NULL",
    ),
    Told("bookings_bookingnote", "booking", "row.booking_id", "stay.property_id", OF_STAY),
    Told("bookings_block", "block", "row.id", "unit.property_id", OF_UNIT),
    Told("properties_property", "property", "row.id", "row.id"),
    Told("properties_unit", "property", "row.property_id", "row.property_id"),
    Told(
        "guests_guest",
        "guest",
        "row.id",
        "stay.property_id",
        "LEFT JOIN bookings_booking stay"
        " ON stay.organization_id = row.organization_id AND stay.guest_id = row.id",
    ),
    # Whoever's rights have changed: their streams are looked at anew, at once.
    Told("accounts_membership", "access", "row.user_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_locale_shape"),
        ("bookings", "0008_history_guard"),
        ("guests", "0010_history_guard"),
        ("properties", "0006_history_guard"),
    ]

    operations = [
        migrations.RunSQL(TELL, DROP_TELL),
        *(migrations.RunSQL(told.create(), told.drop()) for told in TABLES),
    ]
