// The beginning: the switch of light and dark, and the page itself, or its worker.

// Light, dark, or as the system has it.
function theme_button() {
  const root = document.documentElement;
  const is_dark = () =>
    root.getAttribute("data-theme") === "dark" ||
    (!root.hasAttribute("data-theme") && matchMedia("(prefers-color-scheme: dark)").matches);
  const button = element(
    "button",
    {
      type: "button",
      class: "theme",
      "data-key": "theme",
      "aria-pressed": String(is_dark()),
      onclick: () => {
        root.setAttribute("data-theme", is_dark() ? "light" : "dark");
        button.setAttribute("aria-pressed", String(is_dark()));
        app.read();
      },
    },
    say("dark"),
  );
  return button;
}

const app = typeof document === "undefined" ? answer_questions() : new App();
