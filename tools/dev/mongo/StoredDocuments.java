import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.Page;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.ObjectDataType;

/**
 * The documents of a collection, by their positions. Its pages hold bytes (BSON): of a page that is read one document is decoded, where
 * one was asked for. As objects all of them would be, and take four times the memory. `get`, `put` and `remove` take and give documents;
 * whoever reads many of them does so by `stream`.
 */
final class StoredDocuments extends MVMap<Object, Object> {
  private StoredDocuments(Map<String, Object> config, DataType<Object> keys, DataType<Object> values) {
    super(config, keys, values);
  }

  static final class Builder extends MVMap.BasicBuilder<StoredDocuments, Object, Object> {
    Builder() {
      setValueType(new Bytes());
    }

    @Override
    protected StoredDocuments create(Map<String, Object> config) {
      return new StoredDocuments(config, getKeyType(), getValueType());
    }
  }

  /** As the library has it, which reads and writes by `get`, `put` and `remove`. */
  @SuppressWarnings("unchecked")
  MVMap<Object, Document> asDocuments() {
    return (MVMap<Object, Document>) (MVMap<?, ?>) this;
  }

  /** In the order of their positions, or against it; without a bound from the first or to the last. */
  Stream<DocumentWithPosition<Object>> stream(Object from, Object to, boolean descending) {
    Cursor<Object, Object> cursor = cursor(from, to, descending);
    Iterator<DocumentWithPosition<Object>> documents =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return cursor.hasNext();
          }

          @Override
          public DocumentWithPosition<Object> next() {
            Object position = cursor.next();
            return new DocumentWithPosition<>(decoded(cursor.getValue()), position);
          }
        };
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(documents, Spliterator.ORDERED), false);
  }

  @Override
  public Object get(Page<Object, Object> root, Object position) {
    return decoded(super.get(root, position));
  }

  @Override
  public Object operate(Object position, Object value, DecisionMaker<? super Object> decisionMaker) {
    Object bytes = value instanceof Document document ? encoded(document) : value;
    return decoded(super.operate(position, bytes, decisionMaker));
  }

  private static Document decoded(Object bytes) {
    return bytes == null ? null : BsonDecoder.decodeBson(Unpooled.wrappedBuffer((byte[]) bytes));
  }

  private static byte[] encoded(Document document) {
    ByteBuf buffer = Unpooled.buffer(1_024);
    BsonEncoder.encodeDocument(document, buffer);
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  /** Documents of an earlier release are read as they were written. */
  private static final class Bytes extends BasicDataType<Object> {
    /** No type of the store's own begins with it. */
    private static final byte BSON = 0x7E;
    /** Of an array, beside its bytes. */
    private static final int OVERHEAD = 24;

    private final ObjectDataType earlier = new ObjectDataType();

    @Override
    public int getMemory(Object bytes) {
      return OVERHEAD + ((byte[]) bytes).length;
    }

    @Override
    public boolean isMemoryEstimationAllowed() {
      return true;
    }

    @Override
    public void write(WriteBuffer target, Object bytes) {
      target.put(BSON).put((byte[]) bytes);
    }

    @Override
    public Object read(ByteBuffer source) {
      if (source.get(source.position()) != BSON) return encoded((Document) earlier.read(source));
      source.get();
      // A document begins with its length, lowest byte first.
      byte[] bytes = new byte[Integer.reverseBytes(source.getInt(source.position()))];
      source.get(bytes);
      return bytes;
    }

    @Override
    public Object[] createStorage(int size) {
      return new Object[size];
    }
  }
}
