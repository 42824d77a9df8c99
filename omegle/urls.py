"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from omegle import brand, health, languages, shell

handler400 = "omegle.middleware.bad_request"
handler403 = "omegle.middleware.forbidden"
handler404 = "omegle.middleware.not_found"
handler500 = "omegle.middleware.server_error"

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("moderation.urls")),
    path("admin/", admin.site.urls),
    path("language/", languages.language_choose, name="language"),
    path("words/<slug:language>.<slug:digest>.js", languages.words, name="words"),
    path("brand.<slug:digest>.<slug:suffix>", brand.file, name="brand_file"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
    path("worker.js", shell.worker, name="worker"),
    path("offline/", shell.offline, name="offline"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
