"""`billing_payment_method_list`: what pays for the plan, and what else could."""

from make_mcp_base.authoring import Document, Input, Make, OrganizationId, Output

from make_mcp_core_tools._engine.make_clock import make_time
from make_mcp_core_tools.billing.declared import category
from make_mcp_core_tools.billing.figures import Sourced

# Inputs


class ListPaymentMethods(Input):
    organization_id: OrganizationId | None = None


# Outputs


class PaymentMethod(Output):
    type: str
    brand: str | None = None
    last_digits: str | None = None
    valid: bool
    pays_plan: bool
    """True for the one that pays the subscription."""
    pays_extras: bool


class MethodType(Output):
    value: str
    label: str
    for_plan: bool
    """True when it may pay the subscription."""
    for_extras: bool


class PaymentMethods(Sourced):
    payment_methods: list[PaymentMethod]
    types: list[MethodType]
    """What Make takes from this organization."""


# Make's answers


class _Method(Output):
    type: str = ""
    valid: bool = False
    customer_default_method: bool = False
    customer_default_extras_method: bool = False
    method_details: Document = {}


class _Type(Output):
    value: str = ""
    label: str = ""
    can_be_default_for_subscription: bool = False
    can_be_default_for_extras: bool = False


class _Types(Output):
    payment_method_types: list[_Type] = []


# Tools


@category.tool(
    scope="organizations:read",
    effect="read",
    words=("card", "credit card", "how is it paid", "payment"),
)
async def billing_payment_method_list(make: Make, args: ListPaymentMethods) -> PaymentMethods:
    """List what pays for an organization's plan, by kind and last digits, and what Make takes.

    Needs billing rights in Make. Cards are added and changed on Make's own page only.
    """
    home = f"/organizations/{args.organization_id}/subscription"
    paths = [f"{home}/payment-methods", f"{home}/payment-method-types"]
    methods = await make.all(paths[0], key="paymentMethods", item=_Method)
    types = (await make.get(paths[1], into=_Types)).payment_method_types
    reading = await make_time(make)
    return PaymentMethods(
        as_of=reading.at,
        as_of_clock=reading.clock,
        sources=[f"GET {path}" for path in paths],
        payment_methods=[_told(one) for one in methods],
        types=[
            MethodType(
                value=one.value,
                label=one.label,
                for_plan=one.can_be_default_for_subscription,
                for_extras=one.can_be_default_for_extras,
            )
            for one in types
        ],
    )


def _told(one: _Method) -> PaymentMethod:
    details = one.method_details
    brand, digits = details.get("display_brand") or details.get("brand"), details.get("last4")
    return PaymentMethod(
        type=one.type,
        brand=str(brand) if brand else None,
        last_digits=str(digits) if digits else None,
        valid=one.valid,
        pays_plan=one.customer_default_method,
        pays_extras=one.customer_default_extras_method,
    )
