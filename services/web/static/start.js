// Tells the style sheet, before anything is drawn, that the components may fold themselves up.
document.body.className += " js-enabled" + ("noModule" in HTMLScriptElement.prototype ? " govuk-frontend-supported" : "");
