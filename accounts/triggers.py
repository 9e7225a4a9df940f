"""What PostgreSQL does by itself in accounts."""

import pgtrigger


def address_kept_in_step() -> pgtrigger.Trigger:
    """django-allauth reads e-mails from a table of its own: one row for each user, always right.

    Whatever writes the user, verb, command, administrator or SQL, the row follows.
    """
    return pgtrigger.Trigger(
        name="address_kept_in_step",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("email", "email_verified"),
        func="""
            DELETE FROM account_emailaddress
            WHERE user_id = NEW.id AND email <> lower(NEW.email);
            INSERT INTO account_emailaddress AS address (user_id, email, verified, "primary")
            VALUES (NEW.id, lower(NEW.email), NEW.email_verified, true)
            ON CONFLICT (user_id, email) DO UPDATE
            SET verified = EXCLUDED.verified, "primary" = true
            WHERE NOT address."primary" OR address.verified <> EXCLUDED.verified;
            RETURN NULL;
        """,
    )
