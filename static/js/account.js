// On phones the places of the account are a strip; the one we are on is brought into sight.

document.querySelector(".account-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
