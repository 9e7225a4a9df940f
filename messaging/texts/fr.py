"""French: what guests read. Staff read English, until an organization writes otherwise."""
# ruff: noqa: E501 - a paragraph is one line

from messaging.texts import Words

WORDS = Words(
    night=("nuit", "nuits"),
    adult=("adulte", "adultes"),
    child=("enfant", "enfants"),
    unsubscribe="Se désabonner",
    foot="{organization} vous écrit au sujet de votre réservation.",
)

FACTS = """\
{% if unit_name %}Logement: {{ unit_name }}{% endif %}
Arrivée: {{ check_in }}{% if check_in_time %}, à partir de {{ check_in_time }}{% endif %}
Départ: {{ check_out }}{% if check_out_time %}, jusqu’à {{ check_out_time }}{% endif %}
Séjour: {{ nights }}, {{ party }}
{% if total_price %}Total: {{ total_price }}{% endif %}
Référence: {{ reference }}"""

TEXTS = {
    "booking_confirmation": f"""
Votre séjour à {{{{ property_name }}}} est confirmé

Bonjour {{{{ guest_name }}}},

merci pour votre réservation. Nous nous réjouissons de vous accueillir à {{{{ property_name }}}}.

{FACTS}

{{% if property_address %}}
Vous nous trouverez ici :

{{{{ property_address }}}}
{{% endif %}}

Si quelque chose n’est pas exact, répondez simplement à ce message.

Bien cordialement
{{{{ organization_name }}}}
""",
    "booking_changed": f"""
Votre réservation à {{{{ property_name }}}} a changé

Bonjour {{{{ guest_name }}}},

votre réservation a été modifiée. Voici où elle en est :

{FACTS}

Si ce n’est pas ce que vous attendiez, merci de répondre à ce message.

Bien cordialement
{{{{ organization_name }}}}
""",
    "booking_cancelled": """
Votre réservation {{ reference }} est annulée

Bonjour {{ guest_name }},

votre réservation à {{ property_name }} du {{ check_in }} au {{ check_out }} est annulée.

Si vous ne l’avez pas demandé, ou si vous souhaitez venir à un autre moment, merci de répondre à ce message. Nous serions heureux de vous voir.

Bien cordialement
{{ organization_name }}
""",
    "hold_expired": """
Votre réservation à {{ property_name }} n’a pas été confirmée à temps

Bonjour {{ guest_name }},

nous avions gardé {{ property_name }} pour vous du {{ check_in }} au {{ check_out }}. Le délai de confirmation est écoulé{% if hold_until %} ({{ hold_until }}){% endif %}, les dates sont donc de nouveau libres.

Souhaitez-vous toujours venir ? Répondez à ce message, et nous verrons ce qui est possible.

Bien cordialement
{{ organization_name }}
""",
    "pre_arrival": """
Votre arrivée à {{ property_name }}, {{ check_in }}

Bonjour {{ guest_name }},

votre séjour à {{ property_name }} commence bientôt. Voici ce qu’il vous faut pour votre arrivée.

Arrivée: {{ check_in }}{% if check_in_time %}, à partir de {{ check_in_time }}{% endif %}
Départ: {{ check_out }}{% if check_out_time %}, jusqu’à {{ check_out_time }}{% endif %}
Référence: {{ reference }}

{% if property_address %}
L’adresse :

{{ property_address }}
{% endif %}

{% if check_in_instructions %}
Comment entrer :

{{ check_in_instructions }}
{% endif %}

À quelle heure pensez-vous arriver ? Répondez simplement à ce message.

Bon voyage
{{ organization_name }}
""",
    "check_out_reminder": """
Votre départ de {{ property_name }}

Bonjour {{ guest_name }},

nous espérons que votre séjour vous plaît. Un petit rappel : votre départ est prévu {{ check_out }}{% if check_out_time %}, jusqu’à {{ check_out_time }}{% endif %}.

S’il vous faut quelque chose avant de partir, un taxi ou un peu plus de temps, dites-le-nous.

Bien cordialement
{{ organization_name }}
""",
    "thank_you": """
Merci pour votre séjour à {{ property_name }}

Bonjour {{ guest_name }},

merci d’avoir séjourné chez nous. Nous espérons que vous avez passé un bon moment à {{ property_name }} et fait un bon retour.

Aurions-nous pu faire mieux ? Répondez à ce message, nous lisons chaque mot. Et si vous avez aimé, nous serons heureux de vous revoir.

Bien cordialement
{{ organization_name }}
""",
}
