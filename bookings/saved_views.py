"""The verbs of saved views: a person's own ways to look at the list of bookings."""

from uuid import UUID

from accounts.models import Organization, User
from bookings.models import SavedView
from bookings.querysets import SavedViewQuerySet
from villaops.errors import Conflict, NotFound
from villaops.kept import Kept
from villaops.verbs import clean, verb

PAGE = "bookings"
# More than anybody keeps apart; and the menu of them stands on every list.
MAX_VIEWS = 30


class SavedViewNotFound(NotFound):
    code = "saved_view_not_found"
    message = "Saved view not found"


class ViewNameTaken(Conflict):
    code = "view_name_taken"
    message = "You have a saved view of that name"
    explanation = "You have a view of that name. Choose another name, or replace that view."


class TooManyViews(Conflict):
    code = "too_many_views"
    message = f"At most {MAX_VIEWS} saved views"
    explanation = f"You have {MAX_VIEWS} saved views, which is the most. Delete one first."


CONSTRAINTS = {"saved_view_name_taken": ViewNameTaken}


def views_of(*, organization: Organization | UUID, user: User | UUID) -> SavedViewQuerySet:
    """A person's own views, in their order."""
    return (
        SavedView.objects.for_organization(organization)
        .filter(user=user, page=PAGE)
        .order_by("position", "created_at", "id")
    )


# The menu of them is on every page of the list.
_MENU = Kept(lambda organization, user: views_of(organization=organization, user=user))


def menu_of(*, organization: Organization, user: User) -> list[SavedView]:
    """The same, read at once."""
    return _MENU.all(organization=organization.pk, user=user.pk)


def find_view(*, organization: Organization, user: User, view_id: UUID) -> SavedView:
    """One of the person's own views. Raises SavedViewNotFound."""
    view = views_of(organization=organization, user=user).filter(pk=view_id).first()
    if view is None:
        raise SavedViewNotFound
    return view


@verb(constraints=CONSTRAINTS)
def save_view(
    *,
    organization: Organization,
    by: User,
    name: str,
    query: str,
    is_default: bool = False,
    replace: bool = False,
) -> SavedView:
    """Keep the query of an address under a name; with `replace`, in place of the view so named.

    The default view is what the list shows when its address says nothing; there is at most one.
    Raises BrokenRule, TooManyViews, ViewNameTaken.
    """
    own = list(views_of(organization=organization, user=by).select_for_update())
    named = next((view for view in own if view.name == name), None)
    if named is None and len(own) >= MAX_VIEWS:
        raise TooManyViews
    if named is not None and not replace:
        raise ViewNameTaken
    view = named or SavedView(
        organization=organization,
        user=by,
        page=PAGE,
        name=name,
        position=max((other.position for other in own), default=0) + 1,
    )
    view.query = query
    clean(view)
    view.save()
    if is_default:
        _make_only_default(view)
    return view


@verb(constraints=CONSTRAINTS)
def rename_view(*, view: SavedView, name: str, by: User) -> SavedView:
    """Give the view another name. Raises BrokenRule, ViewNameTaken."""
    view.name = name
    clean(view)
    view.save(update_fields=["name", "updated_at"])
    return view


@verb()
def delete_view(*, view: SavedView, by: User) -> None:
    """Forget the view; the bookings it showed are untouched."""
    view.delete()


@verb()
def make_default(*, view: SavedView, by: User) -> SavedView:
    """Show the view when the list's address says nothing."""
    _make_only_default(view)
    return view


@verb()
def unmake_default(*, view: SavedView, by: User) -> SavedView:
    """Show every booking again when the list's address says nothing."""
    view.is_default = False
    view.save(update_fields=["is_default", "updated_at"])
    return view


def _make_only_default(view: SavedView) -> None:
    own = SavedView.objects.filter(
        organization_id=view.organization_id, user_id=view.user_id, page=view.page
    )
    own.filter(is_default=True).exclude(pk=view.pk).update(is_default=False)
    view.is_default = True
    view.save(update_fields=["is_default", "updated_at"])
