"""Break things on purpose while bookings are made, and see what is left: `make drills`."""
