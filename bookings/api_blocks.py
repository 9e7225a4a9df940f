"""The JSON face of blocks: nights of a unit taken out of sale."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from django.db.models import QuerySet
from pydantic import Field, Strict, model_validator

from accounts.permissions import Permission
from bookings.blocks import BlockNotFound, block_nights, release_block, update_block
from bookings.models import MAX_BLOCKED_DAYS, Block
from bookings.placing import UnitNotFound
from properties.api import UNITS
from villaops.api.endpoint import Endpoint, operation
from villaops.api.reads import Listed, ListQuery, OrderedBy, Page, found, page
from villaops.api.wire import STORABLE, Input, Message, Moment, Output, Text, optional
from villaops.kept import Kept


class BlockChanges(Input):
    unit_id: UUID = optional()
    start: date = optional()
    end: date = optional()
    reason: Block.Reason = optional()
    note: Annotated[str, Strict(), Field(max_length=500), STORABLE] | None = optional()

    @model_validator(mode="after")
    def _dates_agree(self) -> Self:
        if self.start and self.end:
            if self.end <= self.start:
                raise ValueError("end must be after start")
            if (self.end - self.start).days > MAX_BLOCKED_DAYS:
                raise ValueError(f"A block has at most {MAX_BLOCKED_DAYS} days")
        return self


class BlockInput(BlockChanges):
    unit_id: UUID
    start: date
    end: date


class BlockOutput(Output):
    id: UUID
    unit_id: UUID
    property_id: UUID
    start: date
    end: date
    reason: Block.Reason
    note: str | None
    created_at: Moment
    updated_at: Moment


class BlockPath(Input):
    id: UUID


class BlockQuery(ListQuery):
    ordering: Annotated[Text, OrderedBy("created_at", "updated_at")] = "-created_at"
    property_id: UUID = optional()
    unit_id: UUID = optional()
    reason: Text = optional()
    start_date: date = optional()
    end_date: date = optional()


# Parameters that are no field of a block -> what they ask of it.
LOOKUPS = {
    "property_id": "unit__property_id",
    "start_date": "end__gt",
    "end_date": "start__lte",
}


def block_output(block: Block) -> BlockOutput:
    return BlockOutput(
        id=block.pk,
        unit_id=block.unit_id,
        property_id=block.unit.property_id,
        start=block.start,
        end=block.end,
        reason=Block.Reason(block.reason),
        note=block.note,
        created_at=block.created_at,
        updated_at=block.updated_at,
    )


def _blocks(*, organization: Any, **filters: Any) -> QuerySet[Block]:
    rows = Block.objects.for_organization(organization).select_related("unit")
    return rows.filter(**{LOOKUPS.get(name, name): value for name, value in filters.items()})


BLOCKS, BLOCK = Listed(_blocks), Kept(_blocks)


class BlockEndpoint(Endpoint):
    tag = "Blocks"

    def block(self, path: BlockPath) -> Block:
        given = {"organization": self.access.organization.pk, "pk": path.id}
        return found(BLOCK.first(**given), BlockNotFound)

    def wishes(self, body: BlockChanges) -> dict[str, Any]:
        """What the body asks for, in the words of the verbs."""
        wishes = body.given()
        unit_id = wishes.pop("unit_id", None)
        if unit_id:
            wishes["unit"] = UNITS.find(self.access.organization, unit_id, UnitNotFound)
        return wishes


class Blocks(BlockEndpoint):
    @operation("list_blocks", Permission.READ_BOOKINGS, remembered=True)
    def get(self, query: BlockQuery) -> Page[BlockOutput]:
        """List blocks."""
        given = {"organization": self.access.organization.pk, **query.filters()}
        return page(self.request, BLOCKS, query, block_output, **given)

    @operation("create_block", Permission.WRITE_BOOKINGS, status=201, errors={409})
    def post(self, body: BlockInput) -> BlockOutput:
        """Take nights of a unit out of sale."""
        return block_output(block_nights(by=self.by, **self.wishes(body)))


class BlockDetail(BlockEndpoint):
    @operation("get_block", Permission.READ_BOOKINGS, remembered=True)
    def get(self, path: BlockPath) -> BlockOutput:
        """Show a block."""
        return block_output(self.block(path))

    @operation("update_block", Permission.WRITE_BOOKINGS, errors={409})
    def patch(self, path: BlockPath, body: BlockChanges) -> BlockOutput:
        """Change the fields that are sent."""
        block = self.block(path)
        return block_output(update_block(block=block, by=self.by, changes=self.wishes(body)))

    put = patch

    @operation("delete_block", Permission.WRITE_BOOKINGS)
    def delete(self, path: BlockPath) -> Message:
        """Put the nights back on sale; an administrator can restore the block."""
        release_block(block=self.block(path), by=self.by)
        return Message(message="Block deleted")
