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
  refuseForeignPictures(HTMLImageElement.prototype);
  // The search index would be built in a worker from a blob.
  window.Redoc.init(schema, { disableSearch: true, hideDownloadButton: false }, reader);
}

// ReDoc shows its maker's logo from its maker's server, and sets the address in two ways.
function refuseForeignPictures(picture) {
  const isOurs = (address) => new URL(address, document.baseURI).origin === location.origin;
  const { setAttribute } = picture;
  const { get, set } = Object.getOwnPropertyDescriptor(picture, "src");
  picture.setAttribute = function (name, value) {
    if (name !== "src" || isOurs(value)) setAttribute.call(this, name, value);
  };
  Object.defineProperty(picture, "src", {
    get,
    set(address) {
      if (isOurs(address)) set.call(this, address);
    },
  });
}
