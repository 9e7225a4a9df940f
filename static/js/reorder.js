// Rows that are dragged into another order by their grip. The rows' order goes to the form named by
// `data-reorder`, whose buttons do the same without this module.

const places = (list) => [...list.querySelectorAll("[data-reorder-row]")];
const orderOf = (list) => places(list).map((row) => row.dataset.reorderRow).join(",");

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-reorder-grip]");
  if (!grip || event.button !== 0) return;
  event.preventDefault();
  const row = grip.closest("[data-reorder-row]");
  const list = grip.closest("[data-reorder]");
  const before = places(list);
  const order = orderOf(list);
  const ended = new AbortController();
  const heard = { signal: ended.signal };
  row.classList.add("is-dragged");

  const end = () => {
    ended.abort();
    row.classList.remove("is-dragged");
  };

  const putBack = () => {
    end();
    row.parentNode.append(...before);
  };

  document.addEventListener(
    "pointermove",
    (move) => {
      for (const other of places(list)) {
        if (other === row) continue;
        const box = other.getBoundingClientRect();
        if (move.clientY < box.top || move.clientY > box.bottom) continue;
        if (move.clientY < box.top + box.height / 2) other.before(row);
        else other.after(row);
      }
    },
    heard,
  );

  document.addEventListener(
    "pointerup",
    () => {
      end();
      if (orderOf(list) === order) return;
      const form = document.getElementById(list.dataset.reorder);
      form.elements.order.disabled = false;
      form.elements.order.value = orderOf(list);
      form.requestSubmit();
    },
    heard,
  );

  document.addEventListener("pointercancel", putBack, heard);
  document.addEventListener("keydown", (key) => key.key === "Escape" && putBack(), heard);
});
