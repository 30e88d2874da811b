import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVMap;

/**
 * An index in order: for each value of its fields in a document one text that sorts as the values do, with the document's position at its
 * end. Of a list each element is a value. Types follow each other as in MongoDB.
 */
final class OrderedIndex {
  static final char END = '\u0000';
  private static final String NOTHING = "\u0001";

  final List<String> fields;
  private final MVMap<String, Object> entries;

  OrderedIndex(List<IndexKey> keys, MVMap<String, Object> entries) {
    this.fields = keys.stream().map(IndexKey::getKey).toList();
    this.entries = entries;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** For many documents that the index does not have yet.
   *  @param longestRun entries that are held in memory */
  SortedRuns openRuns(long longestRun) {
    return new SortedRuns(entries, longestRun);
  }

  void addTo(SortedRuns runs, Document document, Object position) {
    for (String key : keysOf(document)) runs.add(new Entry(key + encode(position), kept(position)));
  }

  /** How many entries there are. */
  long size() {
    return entries.sizeAsLong();
  }

  /** How many entries there are between two texts, from the first one on and before the second one: the map knows the place of each. */
  long count(String from, String to) {
    return placeOf(to) - placeOf(from);
  }

  /** How many entries stand before a text. */
  private long placeOf(String text) {
    long place = entries.getKeyIndex(text);
    return place < 0 ? -place - 1 : place;
  }

  void add(Document document, Object position) {
    for (String key : keysOf(document)) entries.put(key + encode(position), kept(position));
  }

  void remove(Document document, Object position) {
    for (String key : keysOf(document)) entries.remove(key + encode(position));
  }

  void update(Document before, Document after, Object position) {
    Set<String> old = keysOf(before);
    Set<String> now = keysOf(after);
    for (String key : old) if (!now.contains(key)) entries.remove(key + encode(position));
    for (String key : now) if (!old.contains(key)) entries.put(key + encode(position), kept(position));
  }

  /** Positions in order, between two texts. */
  Iterable<Entry> scan(String from, String to, boolean descending) {
    return () -> {
      var cursor = descending ? entries.cursor(to, from, true) : entries.cursor(from, to, false);
      return new java.util.Iterator<>() {
        @Override
        public boolean hasNext() {
          return cursor.hasNext();
        }

        @Override
        public Entry next() {
          String key = cursor.next();
          return new Entry(key, cursor.getValue());
        }
      };
    };
  }

  /** One value in the index. */
  record Entry(String key, Object kept) {
    Object position() {
      return kept.equals("") ? key.substring(key.lastIndexOf(END) + 2) : kept;
    }
  }

  /** Ids that are plain texts stand in the entry's own key. */
  private static Object kept(Object position) {
    return position instanceof String text && text.indexOf(END) < 0 ? "" : position;
  }

  private Set<String> keysOf(Document document) {
    List<String> keys = List.of("");
    for (String field : fields) {
      List<String> longer = new ArrayList<>();
      for (String value : valuesOf(Utils.getSubdocumentValueCollectionAware(document, field)))
        for (String key : keys) longer.add(key + value + END);
      keys = longer;
    }
    return new LinkedHashSet<>(keys);
  }

  private static Set<String> valuesOf(Object value) {
    Set<String> values = new LinkedHashSet<>();
    collect(value, values);
    return values.isEmpty() ? Set.of(NOTHING) : values;
  }

  private static void collect(Object value, Set<String> values) {
    if (value instanceof Collection<?> items) for (Object item : items) collect(item, values);
    else values.add(encode(value));
  }

  /** A text that sorts as the value does among values of its type. */
  static String encode(Object value) {
    if (value == null || value instanceof Missing) return NOTHING;
    if (value instanceof Number number) return "\u0002" + sortable(number.doubleValue());
    if (value instanceof String text) return "\u0003" + text.replace("\u0000", "\u0001\u0001");
    if (value instanceof ObjectId id) return "\u0005" + id.getHexData();
    if (value instanceof Boolean flag) return "\u0006" + (flag ? '1' : '0');
    if (value instanceof Instant moment) return "\u0007" + String.format("%016x", moment.toEpochMilli() ^ Long.MIN_VALUE);
    return "\u0004" + value.toString().replace("\u0000", "");
  }

  private static String sortable(double value) {
    long bits = Double.doubleToLongBits(value == 0 ? 0 : value);
    return String.format("%016x", bits ^ (bits >> 63 | Long.MIN_VALUE));
  }
}
