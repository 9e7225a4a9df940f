"""Indonesian: what guests read. Staff read English, until an organization writes otherwise."""
# ruff: noqa: E501 - a paragraph is one line

from messaging.texts import Words

WORDS = Words(
    night=("malam", "malam"),
    adult=("dewasa", "dewasa"),
    child=("anak", "anak"),
    unsubscribe="Berhenti berlangganan",
    foot="{organization} menulis kepada Anda karena reservasi Anda.",
)

FACTS = """\
{% if unit_name %}Unit: {{ unit_name }}{% endif %}
Check-in: {{ check_in }}{% if check_in_time %}, mulai pukul {{ check_in_time }}{% endif %}
Check-out: {{ check_out }}{% if check_out_time %}, sampai pukul {{ check_out_time }}{% endif %}
Menginap: {{ nights }}, {{ party }}
{% if total_price %}Total: {{ total_price }}{% endif %}
Nomor reservasi: {{ reference }}"""

TEXTS = {
    "booking_confirmation": f"""
Reservasi Anda di {{{{ property_name }}}} sudah dikonfirmasi

Halo {{{{ guest_name }}}},

Terima kasih atas reservasi Anda. Kami menantikan kedatangan Anda di {{{{ property_name }}}}.

{FACTS}

{{% if property_address %}}
Alamat kami:

{{{{ property_address }}}}
{{% endif %}}

Jika ada yang tidak sesuai, cukup balas pesan ini.

Salam hangat
{{{{ organization_name }}}}
""",
    "booking_changed": f"""
Reservasi Anda di {{{{ property_name }}}} telah diubah

Halo {{{{ guest_name }}}},

Reservasi Anda telah diubah. Rinciannya sekarang:

{FACTS}

Jika ini tidak sesuai dengan harapan Anda, silakan balas pesan ini.

Salam hangat
{{{{ organization_name }}}}
""",
    "booking_cancelled": """
Reservasi {{ reference }} dibatalkan

Halo {{ guest_name }},

Reservasi Anda di {{ property_name }} dari {{ check_in }} sampai {{ check_out }} dibatalkan.

Jika bukan Anda yang memintanya, atau jika Anda ingin datang di lain waktu, silakan balas pesan ini. Kami akan senang menyambut Anda.

Salam hangat
{{ organization_name }}
""",
    "hold_expired": """
Reservasi Anda di {{ property_name }} tidak dikonfirmasi tepat waktu

Halo {{ guest_name }},

Kami menahan {{ property_name }} untuk Anda dari {{ check_in }} sampai {{ check_out }}. Waktu konfirmasi sudah lewat{% if hold_until %} ({{ hold_until }}){% endif %}, jadi tanggal tersebut terbuka kembali untuk tamu lain.

Masih ingin datang? Balas pesan ini, dan kami akan melihat apa yang bisa kami lakukan.

Salam hangat
{{ organization_name }}
""",
    "pre_arrival": """
Kedatangan Anda di {{ property_name }}, {{ check_in }}

Halo {{ guest_name }},

Masa menginap Anda di {{ property_name }} segera dimulai. Inilah yang Anda perlukan saat tiba.

Check-in: {{ check_in }}{% if check_in_time %}, mulai pukul {{ check_in_time }}{% endif %}
Check-out: {{ check_out }}{% if check_out_time %}, sampai pukul {{ check_out_time }}{% endif %}
Nomor reservasi: {{ reference }}

{% if property_address %}
Alamat:

{{ property_address }}
{% endif %}

{% if check_in_instructions %}
Cara masuk:

{{ check_in_instructions }}
{% endif %}

Kira-kira pukul berapa Anda akan tiba? Cukup balas pesan ini.

Selamat jalan
{{ organization_name }}
""",
    "check_out_reminder": """
Check-out Anda dari {{ property_name }}

Halo {{ guest_name }},

Semoga Anda menikmati masa menginap Anda. Sekadar mengingatkan, check-out Anda pada {{ check_out }}{% if check_out_time %}, sampai pukul {{ check_out_time }}{% endif %}.

Jika Anda memerlukan sesuatu sebelum berangkat, taksi atau sedikit waktu tambahan, beri tahu kami.

Salam hangat
{{ organization_name }}
""",
    "thank_you": """
Terima kasih telah menginap di {{ property_name }}

Halo {{ guest_name }},

Terima kasih telah menginap bersama kami. Semoga Anda menikmati waktu di {{ property_name }} dan selamat sampai di rumah.

Adakah yang bisa kami lakukan lebih baik? Balas pesan ini, kami membaca setiap kata. Dan jika Anda senang, kami akan gembira menyambut Anda kembali.

Salam hangat
{{ organization_name }}
""",
}
