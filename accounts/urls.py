"""Sign-in and the way in; unnamespaced, because Django's settings name them."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("o/", views.home, name="home"),
]
