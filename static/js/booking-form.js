// A free unit offered instead is chosen, and a total taken over, without sending the form; a sheet is printed.
document.addEventListener("click", (event) => {
  const offer = event.target.closest("[data-place-choice]");
  if (offer) {
    event.preventDefault();
    const place = offer.form.elements.place;
    place.value = offer.value;
    place.dispatchEvent(new Event("change", { bubbles: true }));
    place.focus();
  }
  if (event.target.closest("[data-print]")) window.print();
  const price = event.target.closest("[data-use-total]");
  if (price) {
    const total = price.form.elements.total_price;
    total.value = price.dataset.useTotal;
    total.dispatchEvent(new Event("input", { bubbles: true }));
    total.focus();
  }
});
