"""The application on AWS Lambda: ``crm.lambda_handler.handler`` is what the function calls.

It takes the events of a Function URL or of an HTTP API in payload format 2.0, with CloudFront
before it or without.
"""

import gc

# A start makes no garbage to speak of, and looking for some is a sixth of it.
gc.disable()

from crm.on_lambda.serving import serve  # noqa: E402 - see above
from crm.wsgi import application  # noqa: E402 - see above

handler = serve(application)
gc.enable()
