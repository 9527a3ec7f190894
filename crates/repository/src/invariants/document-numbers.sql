-- The numbers of a series and its two ends, in order: where the next one is not the next number, some are missing.
WITH document AS (
    SELECT 'B' AS letter, bill_number AS name, series, series_number AS number FROM bills WHERE series IS NOT NULL
    UNION ALL
    SELECT 'C', credit_note_number, series, series_number FROM credit_notes
), range AS (
    SELECT left(series, 1) AS letter, series, first_number, last_number FROM document_series
), step AS (
    SELECT letter, series, number, lead(number) OVER (PARTITION BY letter, series ORDER BY number) AS next
    FROM (
        SELECT letter, series, number FROM document
        UNION ALL SELECT letter, series, first_number - 1 FROM range
        UNION ALL SELECT letter, series, last_number + 1 FROM range
    ) AS known
), wrong AS (
    SELECT step.letter,
           step.series || '-' || lpad((number + 1)::text, greatest(6, length((number + 1)::text)), '0') AS name,
           CASE WHEN next = number + 2 THEN 'missing' ELSE format('missing, as are all up to number %s', next - 1) END
               AS detail
    FROM step JOIN range ON range.letter = step.letter AND range.series = step.series
    WHERE next > number + 1 AND number >= first_number - 1 AND next <= last_number + 1
    UNION ALL
    SELECT document.letter,
           document.name,
           CASE WHEN range.series IS NULL THEN format('there is no series %s of its kind', document.series)
                WHEN number NOT BETWEEN first_number AND last_number
                THEN format('not between %s and %s, the ends of its series', first_number, last_number)
                ELSE format('has number %s of %s', number, document.series) END
    FROM document LEFT JOIN range ON range.letter = document.letter AND range.series = document.series
    WHERE range.series IS NULL
       OR number NOT BETWEEN first_number AND last_number
       OR document.name <> document.series || '-' || lpad(number::text, greatest(6, length(number::text)), '0')
    UNION ALL
    SELECT letter, min(name), format('number %s of %s was given %s times', number, series, count(*))
    FROM document GROUP BY letter, series, number HAVING count(*) > 1
)
SELECT 0::bigint AS place,
       CASE letter WHEN 'B' THEN 'bill ' ELSE 'credit note ' END || name AS offender,
       detail
FROM wrong
