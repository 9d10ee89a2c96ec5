// A CloudFront Function for viewer requests. The origin is asked under its own name, so what
// the viewer asked for, and who the viewer is, go along in headers of ours. Whatever the
// viewer wrote there is replaced; no other header of the kind is believed by the application.
function handler(event) {
  var request = event.request;
  request.headers['x-forwarded-host'] = { value: request.headers.host.value };
  request.headers['x-viewer-address'] = { value: event.viewer.ip };
  return request;
}
