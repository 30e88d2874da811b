import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.EmptyIndex;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.oplog.Oplog;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.StringDataType;

/** Databases in a file whose collections use the indexes that were declared for them, as MongoDB does. */
final class IndexedStore extends H2Backend {
  private static final int CACHE_MIB = Integer.getInteger("parlance.cache.mib", 256);
  /** So much is changed at most before it is written, due or not. Less would make many small commits of many changes at a time. */
  private static final int UNSAVED_KIB = CACHE_MIB * 1_024 / 16;

  private IndexedStore(MVStore store) {
    super(store);
  }

  static IndexedStore open(String file) {
    return new IndexedStore(
        new MVStore.Builder().fileName(file).cacheSize(CACHE_MIB).autoCommitBufferSize(UNSAVED_KIB).open());
  }

  @Override
  protected MongoDatabase openOrCreateDatabase(String name) {
    return new IndexedDatabase(name, getMvStore(), getCursorRegistry());
  }

  /** Its constructor opens the collections that are there; they reach the store through the backend around it. */
  private final class IndexedDatabase extends H2Database {
    IndexedDatabase(String name, MVStore store, CursorRegistry cursors) {
      super(name, store, cursors);
    }

    @Override
    protected MongoCollection<Object> openOrCreateCollection(String name, CollectionOptions options) {
      MVStore store = getMvStore();
      String fullName = getDatabaseName() + "." + name;
      StoredDocuments data = store.openMap("databases." + fullName, new StoredDocuments.Builder());
      MVMap<String, Object> meta = store.openMap("meta." + fullName);
      return new IndexedCollection(this, name, options, data, meta, cursorRegistry, store);
    }

    @Override
    protected Index<Object> openOrCreateUniqueIndex(
        String collection, String name, List<IndexKey> keys, boolean sparse) {
      MVMap<String, Object> positions =
          getMvStore()
              .openMap(
                  uniqueMapOf(getDatabaseName(), collection, name),
                  new MVMap.Builder<String, Object>().keyType(StringDataType.INSTANCE));
      return new UniqueIndex(name, keys, sparse, positions);
    }

    /** A collection keeps it in order beside this description of it; of one that is empty the library reads all documents twice, to fill
     *  it. */
    @Override
    protected Index<Object> openOrCreateSecondaryIndex(
        String collection, String name, List<IndexKey> keys, boolean sparse) {
      return new EmptyIndex<>(name, keys) {
        @Override
        public boolean isEmpty() {
          return false;
        }
      };
    }

    /** The library reads the whole collection for every pipeline; the first stage may tell what of it is needed. */
    @Override
    public Document handleCommand(
        Channel channel, String command, Document query, DatabaseResolver resolver, Oplog oplog) {
      if (command.equalsIgnoreCase("createIndexes"))
        return IndexedCollection.addTogether(() -> super.handleCommand(channel, command, query, resolver, oplog));
      Document match = command.equalsIgnoreCase("aggregate") ? firstMatch(query) : null;
      if (match == null) return super.handleCommand(channel, command, query, resolver, oplog);
      boolean isCount = isCount(query);
      Document counted = isCount ? counted(query, match) : null;
      if (counted != null) return counted;
      // What the collection gives then has been matched, and is nothing but ids.
      if (isCount) query.put("pipeline", List.of(((List<?>) query.get("pipeline")).get(1)));
      IndexedCollection.NEEDED.set(new IndexedCollection.Need(match, isCount));
      try {
        return super.handleCommand(channel, command, query, resolver, oplog);
      } finally {
        IndexedCollection.NEEDED.remove();
      }
    }

    /** The answer to a count, from an index alone; null where none can tell. */
    private Document counted(Document query, Document match) {
      String name = String.valueOf(query.get("aggregate"));
      Long count = resolveCollection(name, false) instanceof IndexedCollection found ? found.countOf(match) : null;
      if (count == null) return null;
      List<Document> batch = count == 0 ? List.of() : List.of(new Document("_id", 1).append("n", count.intValue()));
      Document cursor = new Document("id", 0L).append("ns", getDatabaseName() + "." + name).append("firstBatch", batch);
      Document answer = new Document("cursor", cursor);
      Utils.markOkay(answer);
      return answer;
    }
  }

  static String uniqueMapOf(String database, String collection, String index) {
    return database + "." + collection + "._unique_" + index;
  }

  /** What drivers send for the number of documents that match. */
  private static boolean isCount(Document query) {
    return query.get("pipeline") instanceof List<?> stages
        && stages.size() == 2
        && stages.get(1) instanceof Document stage
        && stage.get("$group") instanceof Document group
        && Set.of("_id", "n").equals(group.keySet())
        && group.get("_id") instanceof Number
        && group.get("n") instanceof Document sum
        && sum.get("$sum") instanceof Number;
  }

  private static Document firstMatch(Document query) {
    if (!(query.get("pipeline") instanceof List<?> stages) || stages.isEmpty()) return null;
    return stages.get(0) instanceof Document stage && stage.get("$match") instanceof Document match
        ? match
        : null;
  }
}
