"""The studio: a network with every gear on show, to be watched, changed by hand and rewound."""
