"""Spanish: what guests read. Staff read English, until an organization writes otherwise."""
# ruff: noqa: E501 - a paragraph is one line

from messaging.texts import Words

WORDS = Words(
    night=("noche", "noches"),
    adult=("adulto", "adultos"),
    child=("niño", "niños"),
    unsubscribe="Darse de baja",
    foot="{organization} le escribe por su reserva.",
)

FACTS = """\
{% if unit_name %}Unidad: {{ unit_name }}{% endif %}
Llegada: {{ check_in }}{% if check_in_time %}, desde las {{ check_in_time }}{% endif %}
Salida: {{ check_out }}{% if check_out_time %}, hasta las {{ check_out_time }}{% endif %}
Estancia: {{ nights }}, {{ party }}
{% if total_price %}Total: {{ total_price }}{% endif %}
Referencia: {{ reference }}"""

TEXTS = {
    "booking_confirmation": f"""
Su estancia en {{{{ property_name }}}} está confirmada

Hola, {{{{ guest_name }}}}:

Gracias por su reserva. Estamos deseando recibirle en {{{{ property_name }}}}.

{FACTS}

{{% if property_address %}}
Nos encontrará aquí:

{{{{ property_address }}}}
{{% endif %}}

Si algo de esto no es correcto, responda a este mensaje.

Un cordial saludo
{{{{ organization_name }}}}
""",
    "booking_changed": f"""
Su reserva en {{{{ property_name }}}} ha cambiado

Hola, {{{{ guest_name }}}}:

Su reserva ha sido modificada. Así queda ahora:

{FACTS}

Si no es lo que esperaba, responda a este mensaje, por favor.

Un cordial saludo
{{{{ organization_name }}}}
""",
    "booking_cancelled": """
Su reserva {{ reference }} está cancelada

Hola, {{ guest_name }}:

Su reserva en {{ property_name }} del {{ check_in }} al {{ check_out }} está cancelada.

Si no lo ha pedido, o si prefiere venir en otro momento, responda a este mensaje, por favor. Nos alegrará verle.

Un cordial saludo
{{ organization_name }}
""",
    "hold_expired": """
Su reserva en {{ property_name }} no se confirmó a tiempo

Hola, {{ guest_name }}:

Le guardamos {{ property_name }} del {{ check_in }} al {{ check_out }}. El plazo para confirmar ha terminado{% if hold_until %} ({{ hold_until }}){% endif %}, así que las fechas vuelven a estar libres para otros.

¿Todavía quiere venir? Responda a este mensaje y veremos qué podemos hacer.

Un cordial saludo
{{ organization_name }}
""",
    "pre_arrival": """
Su llegada a {{ property_name }}, {{ check_in }}

Hola, {{ guest_name }}:

Su estancia en {{ property_name }} empieza pronto. Esto es lo que necesita para su llegada.

Llegada: {{ check_in }}{% if check_in_time %}, desde las {{ check_in_time }}{% endif %}
Salida: {{ check_out }}{% if check_out_time %}, hasta las {{ check_out_time }}{% endif %}
Referencia: {{ reference }}

{% if property_address %}
La dirección:

{{ property_address }}
{% endif %}

{% if check_in_instructions %}
Cómo entrar:

{{ check_in_instructions }}
{% endif %}

¿A qué hora espera llegar? Basta con responder a este mensaje.

Buen viaje
{{ organization_name }}
""",
    "check_out_reminder": """
Su salida de {{ property_name }}

Hola, {{ guest_name }}:

Esperamos que esté disfrutando de su estancia. Le recordamos que su salida es el {{ check_out }}{% if check_out_time %}, hasta las {{ check_out_time }}{% endif %}.

Si necesita algo antes de irse, un taxi o un poco más de tiempo, díganoslo, por favor.

Un cordial saludo
{{ organization_name }}
""",
    "thank_you": """
Gracias por alojarse en {{ property_name }}

Hola, {{ guest_name }}:

Gracias por haber estado con nosotros. Esperamos que haya pasado unos buenos días en {{ property_name }} y que haya tenido un buen viaje de vuelta.

¿Podríamos haber hecho algo mejor? Responda a este mensaje, leemos cada palabra. Y si le ha gustado, nos alegrará volver a verle.

Un cordial saludo
{{ organization_name }}
""",
}
