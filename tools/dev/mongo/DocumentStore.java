import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A document store speaking MongoDB's wire protocol, for development and tests where no MongoDB can be installed.
 * In a file it uses the indexes that are declared; in memory every query reads its whole collection.
 * Its data is disposable: SIGTERM writes everything out, a kill -9 loses at most the last commit interval.
 *
 * <p>Usage: {@code java -cp ".cache/mongo/classes:.cache/mongo/lib/*" DocumentStore PORT FILE|:memory:}; port 0 takes a
 * free one. Prints {@code listening PORT} once clients may connect.
 */
public final class DocumentStore {
  private static final long COMMIT_INTERVAL_MS = Long.getLong("parlance.commit.ms", 200);

  private DocumentStore() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("usage: DocumentStore PORT FILE|:memory:");
      System.exit(2);
    }
    MongoBackend backend = open(arguments[1]);
    backend.version(new ReportedVersion());
    MongoServer server = new MongoServer(backend);
    try {
      server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    } catch (RuntimeException failure) {
      System.err.println("cannot listen on 127.0.0.1:" + arguments[0] + ": " + failure.getMessage());
      System.exit(1);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    System.out.println("listening " + server.getLocalAddress().getPort());
    Thread.currentThread().join();
  }

  private static MongoBackend open(String store) {
    if (store.equals(":memory:")) return new MemoryBackend();
    H2Backend backend = IndexedStore.open(store);
    Thread committer = new Thread(() -> commitForever(backend), "commit");
    committer.setDaemon(true);
    committer.start();
    return backend;
  }

  private static void commitForever(H2Backend backend) {
    while (true) {
      try {
        Thread.sleep(COMMIT_INTERVAL_MS);
        backend.commit();
      } catch (InterruptedException | IllegalStateException closed) {
        return;
      }
    }
  }

  /** mongoose 9 refuses the server's own answer, wire version 8. */
  private static final class ReportedVersion implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 13;
    }

    @Override
    public String toVersionString() {
      return "5.0.0";
    }
  }
}
