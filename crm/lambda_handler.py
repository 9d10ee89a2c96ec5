"""The application on AWS Lambda: ``crm.lambda_handler.handler`` is what the function calls.

It takes the events of a Function URL or of an HTTP API in payload format 2.0, with CloudFront
before it or without.
"""

from crm.on_lambda.serving import serve
from crm.wsgi import application

handler = serve(application)
