import de.bwaldvogel.mongo.backend.AbstractUniqueIndex;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.MVMap;

/** Refuses a second document with the same values. The library's own compares serialised objects, which takes a hundred times as long. */
final class UniqueIndex extends AbstractUniqueIndex<Object> {
  private final MVMap<String, Object> positions;

  UniqueIndex(String name, List<IndexKey> keys, boolean sparse, MVMap<String, Object> positions) {
    super(name, keys, sparse);
    this.positions = positions;
  }

  @Override
  protected Object removeDocument(KeyValue values) {
    return positions.remove(textOf(values));
  }

  @Override
  protected boolean putKeyPosition(KeyValue values, Object position) {
    return positions.putIfAbsent(textOf(values), position) == null;
  }

  @Override
  protected Object getPosition(KeyValue values) {
    return positions.get(textOf(values));
  }

  /** Queries are answered by the ordered index of the same fields. */
  @Override
  public synchronized boolean canHandle(Document query) {
    return false;
  }

  @Override
  protected Iterable<Map.Entry<KeyValue, Object>> getIterable() {
    throw new UnsupportedOperationException("no query is answered by this index");
  }

  @Override
  public long getCount() {
    return positions.sizeAsLong();
  }

  @Override
  public long getDataSize() {
    return getCount();
  }

  private static String textOf(KeyValue values) {
    StringBuilder text = new StringBuilder();
    for (Object value : values) {
      text.append(OrderedIndex.encode(value)).append(OrderedIndex.END);
      // Whole numbers beyond those that a double tells apart.
      if (value instanceof Long whole && Math.abs(whole) > 1L << 53) text.append(whole).append(OrderedIndex.END);
    }
    return text.toString();
  }
}
