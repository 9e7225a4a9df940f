// Starts the reader that the page names in data-reader on the document in data-schema.
const reader = document.querySelector("[data-reader]");
const { schema } = reader.dataset;

if (reader.dataset.reader === "swagger-ui") {
  window.SwaggerUIBundle({
    url: schema,
    domNode: reader,
    deepLinking: true,
    persistAuthorization: false,
    // The validator badge is a picture from somebody else's server.
    validatorUrl: null,
  });
} else {
  // The search index would be built in a worker from a blob.
  window.Redoc.init(schema, { disableSearch: true, hideDownloadButton: false }, reader);
}
