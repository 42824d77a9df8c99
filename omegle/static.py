"""Static files in production: content hashes in every name, also inside ES module imports."""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # The name of a module holds those of what it imports: each round settles one more of the
    # modules on the longest way, at worst. Five, Django's own, is too few for ours.
    max_post_process_passes = 12


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise with each file in one piece.

    WhiteNoise streams from an ordinary file. Under ASGI Django has to read that whole first and
    warns about it; the files are small.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        streamed = WhiteNoiseMiddleware.serve(static_file, request)
        try:
            response = HttpResponse(streamed.getvalue(), status=streamed.status_code)
        finally:
            streamed.close()
        response.headers = streamed.headers
        return response
