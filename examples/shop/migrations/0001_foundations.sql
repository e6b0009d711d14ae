-- Times are seconds since the Unix epoch. Money is an integer of the currency's minor units.

CREATE TABLE tenants (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
    id            TEXT PRIMARY KEY,           -- opaque and random, never used again
    email         TEXT NOT NULL UNIQUE,       -- in lower case
    password      TEXT NOT NULL,              -- a PHC string
    role          TEXT NOT NULL CHECK (role IN ('customer', 'merchant', 'administrator')),
    tenant        TEXT REFERENCES tenants (slug),
    created_at    INTEGER NOT NULL DEFAULT (unixepoch()),
    registered_at INTEGER NOT NULL DEFAULT (unixepoch()), -- when somebody last asked to register the address
    CHECK ((role = 'merchant') = (tenant IS NOT NULL))
) STRICT;

CREATE TABLE products (
    id       INTEGER PRIMARY KEY,
    tenant   TEXT NOT NULL REFERENCES tenants (slug),
    slug     TEXT NOT NULL UNIQUE,
    sku      TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL,
    price    INTEGER NOT NULL CHECK (price > 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    html     TEXT NOT NULL
) STRICT;

INSERT INTO tenants (slug, name) VALUES
    ('north', 'North Workshop'),
    ('south', 'South Pottery');

INSERT INTO products (tenant, slug, sku, name, price, currency, html) VALUES
    ('north', 'oak-stool', 'N-1001', 'Oak stool', 14900, 'EUR',
     '<p>Three legs, so it never wobbles. Turned from one plank of European oak, wedged without a single screw and finished with linseed oil.</p><ul><li>45 cm high, 32 cm across</li><li>Carries 140 kg</li><li>Can be sanded and oiled again for decades</li></ul>'),
    ('north', 'ash-broom', 'N-1002', 'Ash broom', 3850, 'EUR',
     '<p>A broom that gets into corners. Ash handle, rice straw, four rows of stitching by hand.</p><ul><li>135 cm long</li><li>For indoors and dry yards</li><li>Hang it up, and it keeps its shape</li></ul>'),
    ('north', 'cedar-box', 'N-1003', 'Cedar box', 6200, 'EUR',
     '<p>For letters, linen or tools. The dovetails are cut by hand, and the cedar keeps moths away on its own.</p><ul><li>34 × 22 × 14 cm</li><li>Lid with a wooden hinge</li><li>Untreated inside, waxed outside</li></ul>'),
    ('north', 'brass-lantern', 'N-1004', 'Brass lantern', 8700, 'EUR',
     '<p>Stands on the table, hangs in the porch. The glass slides out for cleaning, and the brass darkens with the years.</p><ul><li>28 cm high with its ring</li><li>Takes candles up to 6 cm wide</li><li>Spare glass in every size we ever made</li></ul>'),
    ('south', 'stoneware-mug', 'S-2001', 'Stoneware mug', 2400, 'EUR',
     '<p>Thrown on the wheel, glazed twice, fired at 1 260 °C. Heavy enough to keep coffee warm, small enough to finish it.</p><ul><li>Holds 280 ml</li><li>Safe in dishwasher and oven</li><li>No two glazes are alike</li></ul>'),
    ('south', 'salt-pot', 'S-2002', 'Salt pot', 3100, 'EUR',
     '<p>Open at the front, glazed only outside: the clay inside drinks the moisture, and the salt stays loose.</p><ul><li>Holds 500 g</li><li>Fits a whole hand</li><li>Cork stopper for the journey</li></ul>'),
    ('south', 'tall-vase', 'S-2003', 'Tall vase', 5600, 'EUR',
     '<p>For one branch or five. The narrow neck holds stems where they are put; the foot is weighted against draughts.</p><ul><li>31 cm high, neck of 4 cm</li><li>Watertight without a liner</li><li>Ash glaze, matt</li></ul>'),
    ('south', 'serving-bowl', 'S-2004', 'Serving bowl', 4850, 'EUR',
     '<p>The bowl in the middle of the table. Wide and shallow, with a rim that can be held when it is full.</p><ul><li>29 cm across</li><li>Holds 2.4 litres</li><li>Stacks with its sisters</li></ul>');
