-- Nothing starts if this is rolled back.
SELECT tandem._wake_launcher();
