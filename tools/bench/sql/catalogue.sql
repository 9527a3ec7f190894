-- A catalogue to search: bench.products products whose names are drawn from some 300 words, some words far more often than
-- others, and half of which have a description of the same words. Everything adds up, as `stockroom check` demands.

SELECT setseed(0.5);

CREATE TEMPORARY TABLE vocabulary (kind text PRIMARY KEY, words text[] NOT NULL);
INSERT INTO vocabulary (kind, words) VALUES
    ('quality', string_to_array(
        'adjustable antique artisan austere basic braided brushed calm casual ceramic charming classic coarse colourful '
        'compact contemporary cosy curved delicate deluxe durable elegant embroidered engraved everyday exquisite fancy '
        'festive flexible floral foldable fragrant frosted generous gentle gleaming glossy handmade heavy insulated '
        'knitted lacquered lightweight magnetic matte minimal modern natural oversized patterned pleated polished '
        'portable practical quilted refined reusable reversible robust rugged rustic seamless sleek smooth soft sparkling '
        'stackable striped sturdy supple tapered textured timeless traditional transparent vintage waterproof woven', ' ')),
    ('colour', string_to_array(
        'amber aquamarine azure beige black blue bronze brown burgundy charcoal copper coral cream crimson emerald golden '
        'green grey indigo ivory khaki lavender lilac magenta maroon mustard navy ochre olive orange peach pink plum '
        'purple red rose ruby sapphire scarlet silver teal turquoise vermilion violet white yellow', ' ')),
    ('material', string_to_array(
        'acacia acrylic alabaster aluminium bamboo beech birch brass canvas cashmere cedar cherrywood clay concrete cork '
        'cotton crystal denim earthenware ebony felt flannel fleece glass granite hemp iron jute leather linen mahogany '
        'maple marble merino mohair nylon oak paper pewter pine porcelain rattan resin rubber sandstone satin silk slate '
        'stainless steel stoneware suede teak terracotta velvet walnut wicker willow wool', ' ')),
    ('thing', string_to_array(
        'album apron armchair ashtray backpack ball banner basin basket bathrobe beaker bedspread bell belt bench blanket '
        'blender board bookend bookshelf bottle bowl box bracelet briefcase brooch broom brush bucket cabinet calendar '
        'candle candlestick canister carafe cardholder carpet chair chandelier chest clock coaster colander comb cooler '
        'cork corkscrew cradle cup curtain cushion cutlery decanter desk dish doormat drawer easel envelope figurine '
        'flask footstool frame funnel garland glove goblet grater grinder hammock handbag hanger hook hourglass jar jug '
        'kettle keyring ladle lampshade lantern lunchbox mat mattress mirror mitten mug napkin necklace notebook ornament '
        'ottoman pan pencil pendant pitcher plate poster pot pouch quilt rack ribbon ring rug saucer scarf shelf shovel '
        'sofa spatula spoon stand stool suitcase table tankard teapot thermos tin toolbox toothbrush towel tray trivet '
        'trunk tumbler umbrella vase wallet wardrobe whisk wreath', ' '));

-- The square of a number between 0 and 1 is small more often than large, so words at the beginning come up more often.
CREATE FUNCTION pg_temp.word(the_kind text) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT words[1 + floor(power(random(), 2) * cardinality(words))::int] FROM vocabulary WHERE kind = the_kind
$$;

INSERT INTO categories (name)
SELECT 'Category ' || number FROM generate_series(1, 50) AS number;

INSERT INTO products (name, price, stock, category_id, sku, description)
SELECT concat_ws(' ', pg_temp.word('quality'), pg_temp.word('colour'), pg_temp.word('material'), pg_temp.word('thing')),
       100 + number % 9900, 1000, 1 + number % 50, 'SKU-' || lpad(number::text, 6, '0'),
       CASE WHEN number % 2 = 0 THEN concat_ws(' ', 'A', pg_temp.word('quality'), 'companion to every',
           pg_temp.word('thing'), 'in', pg_temp.word('colour'), pg_temp.word('material')) END
FROM generate_series(1, current_setting('bench.products')::bigint) AS number;

INSERT INTO stock_movements (product_id, delta, reason)
SELECT id, stock, 'initial' FROM products ORDER BY id;

DROP TABLE vocabulary CASCADE;
