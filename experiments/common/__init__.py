"""What experiments share: measures, pictures, pixels, labelled batches."""
