"""The JSON face of what is mailed: passwords, proven addresses, and the code of a callback."""

from django.contrib.auth.signals import user_logged_in
from django.utils import timezone

from accounts.api import AuthEndpoint, AuthResponse, NewPassword, Tokens, signed_in
from accounts.login import confirm_password
from accounts.models import User
from accounts.recovery import (
    WrongCurrentPassword,
    ask_for_reset_link,
    ask_for_verification,
    change_password,
    exchange_code,
    reset_password,
    verify_address,
)
from villaops.api.endpoint import PUBLIC, SIGNED_IN, operation
from villaops.api.throttles import client_address
from villaops.api.wire import Email, Input, Message, Text

SENT = "E-mail sent if the address is known"


class PasswordChange(Input):
    current_password: Text
    new_password: NewPassword


class Address(Input):
    email: Email


class PasswordReset(Input):
    token: Text
    new_password: NewPassword


class MailedToken(Input):
    token: Text


class OneTimeCode(Input):
    code: Text


class PasswordChanged(Message, Tokens):
    """A message, and the tokens that go on."""


class ChangePassword(AuthEndpoint):
    @operation("change_password", SIGNED_IN, errors={400})
    def post(self, body: PasswordChange) -> PasswordChanged:
        """Choose another password; older refresh tokens end."""
        if not confirm_password(self.request, user=self.user, password=body.current_password):
            raise WrongCurrentPassword
        pair = change_password(
            user=self.user,
            password=body.new_password,
            now=timezone.now(),
            address=client_address(self.request),
        )
        return PasswordChanged(
            message="Password changed",
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
        )


class ForgotPassword(AuthEndpoint):
    @operation("forgot_password", PUBLIC, status=202)
    def post(self, body: Address) -> Message:
        """Have a link mailed that chooses a new password."""
        ask_for_reset_link(body.email)
        return Message(message=SENT)


class ResetPassword(AuthEndpoint):
    @operation("reset_password", PUBLIC, errors={400})
    def post(self, body: PasswordReset) -> Message:
        """Choose a new password by the token of a mailed link; everything signed in ends."""
        reset_password(
            token=body.token,
            password=body.new_password,
            now=timezone.now(),
            address=client_address(self.request),
        )
        return Message(message="Password reset")


class VerifyEmail(AuthEndpoint):
    @operation("verify_email", PUBLIC, errors={400})
    def post(self, body: MailedToken) -> Message:
        """Prove one's address by the token of a mailed link."""
        verify_address(token=body.token, now=timezone.now())
        return Message(message="Email verified")


class ResendVerification(AuthEndpoint):
    @operation("resend_verification", PUBLIC, status=202)
    def post(self, body: Address) -> Message:
        """Have the link mailed anew that proves one's address."""
        ask_for_verification(body.email)
        return Message(message=SENT)


class Exchange(AuthEndpoint):
    @operation("exchange_code", PUBLIC, errors={401})
    def post(self, body: OneTimeCode) -> AuthResponse:
        """Exchange the code of Google's or GitHub's callback, once, for tokens."""
        user = exchange_code(code=body.code, now=timezone.now())
        user_logged_in.send(sender=User, request=self.request, user=user)
        return signed_in(user)
