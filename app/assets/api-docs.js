// The browsable page of the API: `/api/docs`.
import css from "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

// A sheet made by script needs no exception in the content security policy.
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

SwaggerUI({
  url: "/api/v1/openapi.json",
  dom_id: "#api-docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  requestInterceptor: (request) => {
    // Proof that the request comes from this page and not from another site.
    request.headers["X-Fluxo"] = "1";
    return request;
  },
});
