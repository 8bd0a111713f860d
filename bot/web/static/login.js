// Gives the server what Telegram says about the person: the program that opens a Mini App writes it
// behind the "#" of the address. Nothing is fetched from elsewhere.
"use strict";
const form = document.getElementById("login");
const said = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
history.replaceState(null, "", location.pathname + location.search);
if (said) {
  form.elements.namedItem("init_data").value = said;
  form.submit();
} else {
  location.replace(form.elements.namedItem("next").value);
}
