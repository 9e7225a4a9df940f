"""English."""
# ruff: noqa: E501 - a paragraph is one line

from messaging.texts import Words

WORDS = Words(
    night=("night", "nights"),
    adult=("adult", "adults"),
    child=("child", "children"),
    unsubscribe="Unsubscribe",
    foot="{organization} writes to you because of your booking.",
)

FACTS = """\
{% if unit_name %}Unit: {{ unit_name }}{% endif %}
Check-in: {{ check_in }}{% if check_in_time %}, from {{ check_in_time }}{% endif %}
Check-out: {{ check_out }}{% if check_out_time %}, until {{ check_out_time }}{% endif %}
Stay: {{ nights }}, {{ party }}
{% if total_price %}Total: {{ total_price }}{% endif %}
Reference: {{ reference }}"""

DESK_FACTS = """\
Guest: {{ guest_name }}
E-mail: {{ guest_email }}
{% if guest_phone %}Phone: {{ guest_phone }}{% endif %}
Property: {{ property_name }}
{% if unit_name %}Unit: {{ unit_name }}{% endif %}
Check-in: {{ check_in }}
Check-out: {{ check_out }}
Stay: {{ nights }}, {{ party }}
{% if total_price %}Total: {{ total_price }}{% endif %}
Source: {{ source }}
Reference: {{ reference }}"""

TEXTS = {
    "booking_confirmation": f"""
Your stay at {{{{ property_name }}}} is confirmed

Dear {{{{ guest_name }}}},

thank you for your booking. We look forward to welcoming you at {{{{ property_name }}}}.

{FACTS}

{{% if property_address %}}
You will find us here:

{{{{ property_address }}}}
{{% endif %}}

If anything in this is not as it should be, just answer this message.

Kind regards
{{{{ organization_name }}}}
""",
    "booking_changed": f"""
Your booking at {{{{ property_name }}}} has changed

Dear {{{{ guest_name }}}},

your booking has been changed. This is how it stands now:

{FACTS}

If this is not what you expected, please answer this message.

Kind regards
{{{{ organization_name }}}}
""",
    "booking_cancelled": """
Your booking {{ reference }} is cancelled

Dear {{ guest_name }},

your booking at {{ property_name }} from {{ check_in }} to {{ check_out }} is cancelled.

If you did not ask for this, or would like to come at another time, please answer this message. We would be glad to see you.

Kind regards
{{ organization_name }}
""",
    "hold_expired": """
Your reservation at {{ property_name }} was not confirmed in time

Dear {{ guest_name }},

we held {{ property_name }} for you from {{ check_in }} to {{ check_out }}. The time to confirm was over {% if hold_until %}on {{ hold_until }}{% else %}before we heard from you{% endif %}, so the dates are open to others again.

Would you still like to come? Answer this message, and we will see what we can do.

Kind regards
{{ organization_name }}
""",
    "pre_arrival": """
Your arrival at {{ property_name }} on {{ check_in }}

Dear {{ guest_name }},

your stay at {{ property_name }} begins soon. Here is what you need for your arrival.

Check-in: {{ check_in }}{% if check_in_time %}, from {{ check_in_time }}{% endif %}
Check-out: {{ check_out }}{% if check_out_time %}, until {{ check_out_time }}{% endif %}
Reference: {{ reference }}

{% if property_address %}
The address:

{{ property_address }}
{% endif %}

{% if check_in_instructions %}
How to get in:

{{ check_in_instructions }}
{% endif %}

Could you tell us when you expect to arrive? Just answer this message.

Have a good journey
{{ organization_name }}
""",
    "check_out_reminder": """
Your departure from {{ property_name }}

Dear {{ guest_name }},

we hope you are enjoying your stay. A short reminder that your check-out is on {{ check_out }}{% if check_out_time %}, until {{ check_out_time }}{% endif %}.

If you need anything before you leave, a taxi or a little more time, please tell us.

Kind regards
{{ organization_name }}
""",
    "thank_you": """
Thank you for staying at {{ property_name }}

Dear {{ guest_name }},

thank you for staying with us. We hope you had a good time at {{ property_name }} and a safe journey home.

Was there something we could have done better? Answer this message, we read every word. And if you liked it, we would be glad to have you back.

Kind regards
{{ organization_name }}
""",
    "new_booking": f"""
New booking: {{{{ guest_name }}}} at {{{{ property_name }}}}, {{{{ check_in }}}}

There is a new booking ({{{{ status }}}}).

{DESK_FACTS}

{{% if special_requests %}}
Special requests: {{{{ special_requests }}}}
{{% endif %}}

→ Open the booking: {{{{ booking_url }}}}
""",
    "booking_cancelled_staff": f"""
Cancelled: {{{{ guest_name }}}} at {{{{ property_name }}}}, {{{{ check_in }}}}

This booking is cancelled, and its nights are free again.

{DESK_FACTS}

{{% if cancellation_reason %}}
Reason: {{{{ cancellation_reason }}}}
{{% endif %}}

→ Open the booking: {{{{ booking_url }}}}
""",
    "monthly_report": """
{{ organization_name }} in {{ month }}

Dear {{ recipient_name }},

this was {{ month }} at {{ organization_name }}:

Occupancy: {{ occupancy }}
Nights sold: {{ nights_sold }}
Arrivals: {{ arrivals }}
New bookings: {{ bookings }}
{% if revenue %}Revenue: {{ revenue }}{% endif %}
{% if average_rate %}Average rate: {{ average_rate }}{% endif %}

The whole report is attached.

→ See the figures: {{ report_url }}
""",
    "invitation": """
You are invited to {{ organization_name }}

{% if inviter %}
{{ inviter }} invites you to work with {{ organization_name }}.
{% else %}
You are invited to work with {{ organization_name }}.
{% endif %}

Your role will be {{ role }}. {{ description }}

→ Accept the invitation: {{ url }}

The link works once, within {{ days }} days. If you did not expect it, you need to do nothing.
""",
    "welcome": """
Welcome to {{ organization_name }}

Dear {{ recipient_name }},

good to have you here. You now work with {{ organization_name }}. Your role is {{ role }}.

→ Open the dashboard: {{ url }}

If you do not find your way, ask whoever invited you.
""",
}
